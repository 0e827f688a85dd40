import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCamera } from '../support/camera/rtsp-camera.js';
import { relayWithFfmpeg, sendSoundWithFfmpeg, type Sending, type SendSoundOptions } from '../support/controller/ffmpeg-sender.js';
import { HeardSound } from '../support/controller/heard-sound.js';
import { lipOffsetsMs } from '../support/controller/lip-sync.js';
import { loseRtp } from '../support/controller/lossy-network.js';
import { randomKeys, RtpCapture } from '../support/controller/rtp-capture.js';
import { VideoReceiver } from '../support/controller/video-receiver.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { gaps } from '../support/sound/gaps.js';
import { toneAt } from '../support/sound/tone.js';

const ffmpegClockRate = 48_000;
/** All tests of this file share a process, which is late now and then. */
const patiently = { ffmpegPath, patienceMs: 5000 };
const tone = 'sine=frequency=440:sample_rate=48000:duration=2';

interface Listening {
  readonly clockRate?: number;
  readonly sends?: Partial<SendSoundOptions>;
  readonly before?: (capture: RtpCapture) => void;
  readonly during?: (sending: Sending) => Promise<void>;
}

/** Hears all that FFmpeg sends. */
async function listen({ clockRate = ffmpegClockRate, sends, before, during }: Listening = {}): Promise<HeardSound> {
  const keys = randomKeys();
  const capture = await RtpCapture.open('ipv4', clockRate);
  capture.useKeys(keys);
  before?.(capture);
  const sending = sendSoundWithFfmpeg({ ffmpegPath, port: capture.port, keys, source: tone, ...sends });
  await Promise.all([sending.ended, during?.(sending)]);
  await sleep(50);
  await capture.close();
  return new HeardSound(capture, clockRate);
}

/** The values that occur, each once. */
function distinct<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}

describe('a listener of what FFmpeg sends over SRTP', () => {
  test.concurrent.each([20, 60] as const)('hears the tone, without a gap and in packets of %i ms', async (frameMs) => {
    const heard = await listen({ sends: { frameMs } });
    const packets = heard.packets();
    expect(packets.length).toBeGreaterThanOrEqual(2000 / frameMs);
    expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, index) => (packets[0]?.sequence ?? 0) + index));
    expect(packets.every(({ payloadType, payload, bytes }) => payloadType === 110 && payload.length + 12 + 10 === bytes)).toBe(true);
    const times = heard.packetTimes();
    expect(distinct(times.map(({ opusMs }) => opusMs))).toEqual([frameMs]);
    expect(times[0]?.stepTicks).toBeUndefined();
    expect(distinct(times.slice(1).map(({ stepTicks }) => stepTicks))).toEqual([frameMs * 48]);

    const { samples, sampleRate, late, timestamp } = await heard.decode(patiently);
    expect([samples.length, late, timestamp]).toEqual([packets.length * frameMs * 48, 0, packets[0]?.timestamp]);
    const { hz, share } = toneAt(samples, sampleRate);
    expect(hz).toBeCloseTo(440, 0);
    expect(share).toBeGreaterThan(0.98);
    expect(gaps(samples.subarray(0, 2 * sampleRate), sampleRate)).toEqual([]);
  });

  test.concurrent('finds that half of what it hears is another tone', async () => {
    const both = '0.3*sin(2*PI*440*t)+0.3*sin(2*PI*1000*t)';
    const { samples, sampleRate } = await (await listen({ sends: { source: `aevalsrc='${both}':s=48000:d=2` } })).decode(patiently);
    expect(toneAt(samples, sampleRate).share).toBeLessThan(0.6);
  });

  test.concurrent('finds 60 ms of silence, and takes 25 for none', async () => {
    const silences = 'between(t,0.5,0.56)+between(t,1.2,1.225)';
    const { samples, sampleRate } = await (await listen({ sends: { source: `${tone},volume=0:enable='${silences}':eval=frame,asetnsamples=48` } })).decode(patiently);
    const found = gaps(samples.subarray(0, 2 * sampleRate), sampleRate);
    expect(found).toHaveLength(1);
    // FFmpeg silences whole frames of the source.
    expect(found[0]?.ms).toBeGreaterThan(45);
    expect(found[0]?.ms).toBeLessThan(85);
    expect(found[0]?.atMs).toBeGreaterThan(480);
    expect(found[0]?.atMs).toBeLessThan(530);
  });

  test.concurrent('finds three packets that were lost, where they were', async () => {
    const heard = await listen({ before: (capture) => loseRtp(capture, ({ number }) => number >= 30 && number < 33) });
    expect(heard.capture.statistics().lost).toBe(3);
    expect(heard.packetTimes().map(({ stepTicks }, index) => (stepTicks === undefined ? index : undefined)).filter((index) => index !== undefined)).toEqual([0, 30]);
    const { samples, sampleRate } = await heard.decode(patiently);
    const found = gaps(samples.subarray(0, 2 * sampleRate), sampleRate);
    expect(found).toHaveLength(1);
    expect(Math.abs((found[0]?.atMs ?? NaN) - 600)).toBeLessThan(5);
    expect(Math.abs((found[0]?.ms ?? NaN) - 60)).toBeLessThan(8);
  });

  test.concurrent('finds RTP times that go by another clock than the one asked for', async () => {
    const heard = await listen({ clockRate: 24_000 });
    expect(distinct(heard.packetTimes().slice(1).map(({ stepTicks }) => stepTicks))).toEqual([2 * 20 * 24]);
    const { samples, sampleRate } = await heard.decode(patiently);
    expect(gaps(samples, sampleRate, 15).length).toBeGreaterThan(90);
  });

  test.concurrent('does not hear what comes too late to be played', async () => {
    const stumble = async ({ child }: Sending): Promise<void> => {
      await sleep(700);
      child.kill('SIGSTOP');
      // Since version 7 FFmpeg begins half a second ahead.
      await sleep(1500);
      child.kill('SIGCONT');
    };
    const heard = await listen({ during: stumble });
    const [strict, patient] = [await heard.decode({ ffmpegPath, patienceMs: 600 }), await heard.decode(patiently)];
    expect(Math.max(...heard.packets().map(({ delayMs }) => delayMs))).toBeGreaterThan(800);
    expect(strict.late).toBeGreaterThan(10);
    expect(gaps(strict.samples, strict.sampleRate, 200)).toHaveLength(1);
    expect([patient.late, gaps(patient.samples.subarray(0, 2 * patient.sampleRate), patient.sampleRate)]).toEqual([0, []]);
  });

  test.concurrent('refuses what is not made with the key', async () => {
    const heard = await listen({ sends: { keys: randomKeys() } });
    expect(heard.packets()).toEqual([]);
    expect(heard.capture.statistics().authFailures).toBeGreaterThan(50);
    expect(() => heard.wallMs(0)).toThrow(/no sender report/);
    expect((await heard.decode(patiently)).samples).toHaveLength(0);
  });
});

describe('sound against picture, by the sender reports', () => {
  test.concurrent.each([0, 150, -150])('finds sound that is %i ms late', async (soundLateMs) => {
    const camera = await startCamera({ main: { ...smallFootage, audio: 'pcmu' }, startAt: 'cachedGop', ffmpegPath });
    const [pictureKeys, soundKeys] = [randomKeys(), randomKeys()];
    const video = await VideoReceiver.open({ keys: pictureKeys });
    const audio = await RtpCapture.open();
    audio.useKeys(soundKeys);
    try {
      const [picture, sound] = [{ port: video.capture.port, keys: pictureKeys }, { port: audio.port, keys: soundKeys }];
      await relayWithFfmpeg({ ffmpegPath, url: camera.url(), seconds: 4, picture, sound, soundLateMs }).ended;
      await sleep(50);
      const offsets = await lipOffsetsMs(video, new HeardSound(audio, ffmpegClockRate), patiently);
      expect(offsets.length).toBeGreaterThanOrEqual(2);
      expect(offsets.map((offset) => Math.abs(offset - soundLateMs) < 20)).toEqual(offsets.map(() => true));
    } finally {
      await Promise.all([video.close(), audio.close(), camera.close()]);
    }
  });
});
