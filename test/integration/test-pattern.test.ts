import { expect, test } from '@jest/globals';
import { readOpusPacket } from '../../src/media/opus-packet.js';
import { openSource } from '../support/opened-source.js';
import { ffmpegPath } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import type { Picture } from '../support/picture.js';
import { decodeOpus } from '../support/sound/decode-opus.js';
import type { TimedOpus } from '../support/sound/ogg-opus.js';
import { toneAt } from '../support/sound/tone.js';
import { until } from '../support/until.js';

/** Segments a to g of each digit, lit or not. */
const digits = ['1111110', '0110000', '1101101', '1111001', '0110011', '1011011', '1011111', '1110000', '1111111', '1111011'];
/** Where the middle of each segment lies, in widths of a digit. */
const middles = [[0.5, 0.1], [0.9, 0.5], [0.9, 1.5], [0.5, 1.9], [0.1, 1.5], [0.1, 0.5], [0.5, 1]] as const; // prettier-ignore
/** Where the six digits begin, in widths of a digit from the first. */
const lefts = [0, 1.4, 3.5, 4.9, 7, 8.4] as const;

/** The time of day that a test picture shows, in seconds. */
function readClock({ width, height, luma }: Picture): number {
  const digit = Math.round(width * 0.045);
  const left = Math.round((width - 9.8 * digit) / 2);
  const top = height - 3 * digit;
  const read = lefts.map((offset) => {
    const lit = middles.map(([across, down]) => ((luma[Math.round(top + down * digit) * width + Math.round(left + (offset + across) * digit)] ?? 0) > 128 ? '1' : '0')).join('');
    return digits.indexOf(lit);
  });
  const [hourTens = -1, hours = -1, minuteTens = -1, minutes = -1, secondTens = -1, seconds = -1] = read;
  return read.includes(-1) ? NaN : (hourTens * 10 + hours) * 3_600 + (minuteTens * 10 + minutes) * 60 + secondTens * 10 + seconds;
}

function secondsOfDay(): number {
  const now = new Date();
  return now.getHours() * 3_600 + now.getMinutes() * 60 + now.getSeconds();
}

test.concurrent.each(['test:', 'test:640x360/10'])('%s shows the time of day, moves, and is what it says', async (source) => {
  const pace = await machinePace();
  await using it = await openSource(source, { audio: false });
  using _lease = it.camera.main.lease({ holder: 'test' });
  const first = await it.picture();
  const behind = (secondsOfDay() - readClock(first) + 86_400) % 86_400;
  // Of the newest keyframe, which is up to 2 s old.
  expect(behind).toBeLessThanOrEqual(4 * pace);
  const keyframe = it.camera.main.packets.liveKeyframe;
  await until('the next keyframe', () => it.camera.main.packets.liveKeyframe !== keyframe);
  const next = await it.picture();
  expect(next.luma.equals(first.luma)).toBe(false);
  await until('it is measured', () => it.camera.main.measure()?.keyframeIntervalMs !== undefined);
  const [, width = 1280, height = 720, fps = 30] = /(\d+)x(\d+)\/(\d+)/.exec(source)?.map(Number) ?? [];
  expect([next.width, next.height]).toEqual([width, height]);
  expect(it.camera.main.measure()?.fps).toBeGreaterThan(fps * 0.9);
  expect(it.camera.main.measure()?.fps).toBeLessThan(fps * 1.1);
  expect(it.camera.main.facts()).toMatchObject({ codec: 'h264', bFrames: false });
}, 60_000);

test.concurrent('its tone is heard', async () => {
  await using it = await openSource('test:320x180/10');
  using _lease = it.camera.main.lease({ holder: 'test' });
  const { sounds } = it.camera.video('main');
  await until('it is heard', () => it.camera.main.audio.format !== undefined);
  expect(it.camera.main.audio.format).toMatchObject({ codec: 'aac', sampleRate: 32_000, channels: 1 });
  using lease = sounds.lease({ codec: 'opus', sampleRate: 16_000, bitrateKbps: 24, constantBitrate: false, frameMs: 20, gainDb: 0, lessNoise: false }, 'test');
  const packets: TimedOpus[] = [];
  using reader = lease.sound.read(performance.now(), () => undefined);
  await until('a second of it', () => {
    for (let packet = reader.next(); packet; packet = reader.next()) {
      packets.push({ payload: Buffer.from(packet.data), opusMs: readOpusPacket(packet.data).frameMs });
    }
    return packets.length >= 50;
  });
  const { hz, share } = toneAt(await decodeOpus(packets, ffmpegPath), 48_000);
  expect(hz).toBeCloseTo(440, -1);
  expect(share).toBeGreaterThan(0.5); // The rest is the beep of each second.
}, 60_000);
