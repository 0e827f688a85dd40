import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import type { AudioPacket } from '../../src/media/audio-packet.js';
import { readOpusPacket } from '../../src/media/opus-packet.js';
import { SoundRenditions } from '../../src/pipeline/sound/sound-renditions.js';
import type { LiveSoundSettings } from '../../src/policy/live-sound.js';
import type { Problem } from '../../src/problems.js';
import type { CameraSettings } from '../support/camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { openStream } from '../support/opened-stream.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { until } from '../support/until.js';

const settings: LiveSoundSettings = { codec: 'opus', sampleRate: 16_000, bitrateKbps: 24, constantBitrate: false, frameMs: 20, gainDb: 0, lessNoise: false };

/** The encodings of a connected camera's sound. */
async function opened(audio: CameraSettings['main']['audio'], ffmpeg = testFfmpeg) {
  const open = await openStream({ main: { ...smallFootage, ...(audio && { audio }) } }, { sound: true });
  open.stream.lease({ holder: 'test' });
  const failed: Problem[] = [];
  const sounds = new SoundRenditions({ source: open.stream.audio, ffmpeg, socketFolder: tmpdir(), onProblem: (problem) => failed.push(problem) });
  const dispose = async (): Promise<void> => {
    await sounds[Symbol.asyncDispose]();
    await open[Symbol.asyncDispose]();
  };
  return { ...open, sounds, failed, [Symbol.asyncDispose]: dispose };
}

/** What comes out from now on, and when. */
function collected(sounds: SoundRenditions, wanted = settings) {
  const lease = sounds.lease(wanted, 'test');
  const packets: { readonly packet: AudioPacket; readonly atMs: number }[] = [];
  const reader = lease.sound.read(performance.now(), () => {
    for (let packet = reader.next(); packet; packet = reader.next()) {
      packets.push({ packet, atMs: performance.now() });
    }
  });
  return { packets, [Symbol.dispose]: () => [reader, lease].forEach((each) => each[Symbol.dispose]()) };
}

test.concurrent.each(['pcmu', 'pcma', 'aac', 'aac48stereo', 'opus'] as const)('%s becomes frames of Opus of one kind, with the times that it has', async (audio) => {
  await using it = await opened(audio);
  await until('the camera is heard', () => it.stream.audio.format !== undefined);
  using heard = collected(it.sounds);
  await until('three seconds', () => heard.packets.length > 150);
  const frames = heard.packets.map(({ packet }) => readOpusPacket(packet.data));
  expect(new Set(frames.map(({ frames: { length }, frameMs, stereo }) => `${length} of ${frameMs} ms ${String(stereo)}`))).toEqual(new Set(['1 of 20 ms false']));
  // Packets of several frames need them to be of one kind.
  expect(new Set(frames.map(({ toc }) => toc)).size).toBe(1);
  const steps = heard.packets.slice(1).map(({ packet }, index) => packet.timeMs - (heard.packets[index]?.packet.timeMs ?? 0));
  expect(steps.every((ms) => Math.abs(ms - 20) < 12)).toBe(true);
  expect(Math.max(...heard.packets.slice(20).map(({ packet, atMs }) => atMs - packet.timeMs))).toBeLessThan(1_000);
  expect(it.failed).toEqual([]);
}, 60_000);

test.concurrent('an encoder that ends by itself is replaced, and told of; one that never works is not started all the time', async () => {
  await using standIns = await StandIns.open();
  const dying = await standIns.program('dying', `for each; do case "$each" in libopus) exec timeout -s KILL 1 ${ffmpegPath} "$@";; esac; done; exec ${ffmpegPath} "$@"`);
  await using it = await opened('pcmu', () => Promise.resolve(dying));
  using heard = collected(it.sounds);
  await until('it was replaced', () => (it.sounds.status()[0]?.starts ?? 0) >= 3);
  await until('the sound goes on', () => heard.packets.length > 60);
  expect(it.failed.map(({ code }) => code)).toContain('live-sound-failed');
  const broken = await standIns.program('broken', 'exit 1');
  await using never = await opened('pcmu', () => Promise.resolve(broken));
  using _lease = never.sounds.lease(settings, 'test');
  await until('it failed', () => never.failed.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(never.sounds.status()[0]?.starts).toBeLessThan(7); // After 0.25, 0.5, 1, 2 s.
}, 60_000);

test.concurrent('an encoder that takes everything and gives nothing is replaced', async () => {
  await using standIns = await StandIns.open();
  const hanging = await standIns.program('hanging', `exec cat > /dev/null`);
  let asked = 0;
  await using it = await opened('pcmu', () => {
    asked += 1;
    return asked === 1 ? Promise.resolve(hanging) : testFfmpeg();
  });
  using heard = collected(it.sounds);
  await until('the sound comes', () => heard.packets.length > 50, 15_000);
  expect(it.failed.map(({ code, detail }) => `${code}: ${detail}`)).toEqual(['live-sound-failed: FFmpeg gave nothing for 5 s']);
  expect(it.sounds.status()[0]).toMatchObject({ starts: 2, failures: 1 });
}, 40_000);

test.concurrent('no sound, no FFmpeg; and none five seconds after the last listener', async () => {
  await using it = await opened(undefined);
  const lease = it.sounds.lease(settings, 'test');
  await until('the camera is there', () => it.stream.state.kind === 'live');
  expect(it.sounds.status()).toMatchObject([{ starts: 0, failures: 0, leases: ['test'] }]);
  lease[Symbol.dispose]();
  await until('it ends', () => it.sounds.status().length === 0, 8_000);
}, 40_000);

test.concurrent('missing sound is missing time, and the same encoder goes on', async () => {
  await using it = await opened('pcmu');
  using heard = collected(it.sounds);
  await until('it is heard', () => heard.packets.length > 50);
  it.camera.muteMicrophone();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  it.camera.unmuteMicrophone();
  const before = heard.packets.length;
  await until('it is heard again', () => heard.packets.length > before + 60);
  const gap = Math.max(...heard.packets.slice(1).map(({ packet }, index) => packet.timeMs - (heard.packets[index]?.packet.timeMs ?? 0)));
  expect(gap).toBeGreaterThan(1_500);
  expect(gap).toBeLessThan(2_600);
  expect(Math.abs((heard.packets.at(-1)?.packet.timeMs ?? 0) - performance.now())).toBeLessThan(1_000);
  expect(it.sounds.status()[0]).toMatchObject({ starts: 1, failures: 0 });
}, 40_000);
