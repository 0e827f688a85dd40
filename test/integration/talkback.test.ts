import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Talkback, type Talker } from '../../src/pipeline/talkback/talkback.js';
import type { Problem } from '../../src/problems.js';
import { decodeHeard, shareOfTone } from '../support/camera/heard-sound.js';
import { startCamera, type SimulatedCamera } from '../support/camera/rtsp-camera.js';
import type { SpeakerSettings } from '../support/camera/speaker.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { encodeOpus, type SpokenPacket } from '../support/sound/encode-opus.js';
import { until } from '../support/until.js';

const sampleRate = 16_000;
const packetMs = 20;
const muLaw = { codec: 'pcm_mulaw', clockRate: 8_000, channels: 1 } as const;

/** Ten seconds of tone for each. */
let words: Readonly<Record<600 | 900, readonly SpokenPacket[]>>;

beforeAll(async () => {
  const say = (toneHz: number) => encodeOpus({ toneHz, seconds: 10 }, { sampleRateKhz: 16, packetTimeMs: packetMs, ffmpegPath });
  const [low, high] = await Promise.all([say(600), say(900)]);
  words = { 600: low, 900: high };
});

const talking = new Set<NodeJS.Timeout>();
afterAll(() => talking.forEach((timer) => clearInterval(timer)));

/** Somebody who talks in real time until it is disposed. */
function talks(talkback: Talkback, toneHz: 600 | 900, talker: Talker = { name: `${toneHz} Hz`, codec: 'opus', sampleRate }) {
  let packet = 0;
  const timer = setInterval(() => {
    const payload = words[toneHz][packet]?.payload;
    if (payload) {
      talkback.say(talker, { payload, ticks: packet * ((sampleRate * packetMs) / 1000) });
    }
    packet += 1;
  }, packetMs);
  talking.add(timer);
  return { talker, [Symbol.dispose]: () => clearInterval(timer) };
}

/** A camera with a speaker, and what talks to it. */
async function opened(speaker: Partial<SpeakerSettings> = {}) {
  const camera = await startCamera({ main: smallFootage, speaker: { formats: ['pcm_mulaw'], ...speaker }, ffmpegPath });
  const problems: Problem[] = [];
  const lines: string[] = [];
  const talkback = new Talkback({
    speaker: { kind: 'backchannel', url: camera.url(), format: muLaw },
    ffmpeg: testFfmpeg,
    onProblem: (problem) => problems.push(problem),
    tell: (line) => lines.push(line),
    note: () => undefined,
  });
  const dispose = async (): Promise<void> => {
    await talkback[Symbol.asyncDispose]();
    await camera.close();
  };
  return { camera, talkback, problems, lines, [Symbol.asyncDispose]: dispose };
}

async function heard(camera: SimulatedCamera, more: number): Promise<void> {
  const before = camera.heard().length;
  await until(`${more} packets more`, () => camera.heard().length >= before + more, 15_000);
}

async function tone(camera: SimulatedCamera, from: number): Promise<number | undefined> {
  const sound = await decodeHeard(camera.heard().slice(from));
  return [600, 900].find((hz) => shareOfTone(sound, hz) > 0.8);
}

test.concurrent('a camera that takes its time to end a talk is talked to again when it has: by another viewer, and when the volume is set', async () => {
  await using it = await opened({ takesMs: 400 });
  using first = talks(it.talkback, 600);
  await heard(it.camera, 30);
  using _second = talks(it.talkback, 900);
  first[Symbol.dispose]();
  it.talkback.leave(first.talker);
  await heard(it.camera, 10);
  const from = it.camera.heard().length;
  await heard(it.camera, 30);
  expect(await tone(it.camera, from)).toBe(900);
  for (const volume of [90, 70, 50, 30, 10]) {
    it.talkback.loudness = { muted: false, volume };
  }
  await heard(it.camera, 80);
  const softer = await decodeHeard(it.camera.heard().slice(-20));
  expect(softer.samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0)).toBeLessThan(6_000);
  expect(it.problems).toEqual([]);
  expect(it.camera.statistics().talking).toMatchObject({ now: 1, highest: 1, total: 2 });
}, 60_000);

test.concurrent('a camera that is slow to begin is not talked to from the past', async () => {
  await using it = await opened({ takesMs: 2_500 });
  using _talker = talks(it.talkback, 600);
  const begunMs = performance.now();
  await heard(it.camera, 60);
  // What it was given is half a second more than what was said since it was ready, at most.
  const [first] = it.camera.heard();
  const readyMs = (first?.arrivalMs ?? Infinity) - begunMs;
  expect(readyMs).toBeGreaterThan(2_400);
  const last = it.camera.heard().at(-1);
  const saidSinceMs = (last?.arrivalMs ?? 0) - (first?.arrivalMs ?? 0);
  expect(it.camera.heard().length * packetMs).toBeLessThan(saidSinceMs + 800);
}, 60_000);

test.concurrent('who leaves while the talk is being opened leaves no session behind', async () => {
  await using it = await opened({ takesMs: 700, lingersMs: 60_000 });
  using talker = talks(it.talkback, 600);
  await until('it is being opened', () => it.camera.talkRequests().some(({ method }) => method === 'PLAY'));
  talker[Symbol.dispose]();
  it.talkback.leave(talker.talker);
  using _other = talks(it.talkback, 900);
  await heard(it.camera, 30);
  expect(await tone(it.camera, 0)).toBe(900);
  expect(it.problems).toEqual([]);
}, 60_000);

test.concurrent('a camera that restarts in the middle is talked to again, without a pause of the viewer', async () => {
  await using it = await opened();
  using _talker = talks(it.talkback, 600);
  await heard(it.camera, 30);
  await it.camera.stop();
  await until('it is told', () => it.problems.length > 0);
  await it.camera.start();
  await heard(it.camera, 30);
  expect(it.problems[0]?.code).toBe('talkback-ended');
}, 60_000);

test.concurrent('a wrong password is not tried again while somebody goes on talking, and nobody is said to be in the way', async () => {
  const authentication = { method: 'digest', user: 'joe', password: 'right' } as const;
  const camera = await startCamera({ main: smallFootage, speaker: { formats: ['pcm_mulaw'] }, authentication, ffmpegPath });
  const problems: Problem[] = [];
  const lines: string[] = [];
  const speaker = { kind: 'backchannel', url: camera.url().replace('right', 'wrong'), format: muLaw } as const;
  const talkback = new Talkback({ speaker, ffmpeg: testFfmpeg, onProblem: (problem) => problems.push(problem), tell: (line) => lines.push(line), note: () => undefined });
  using _first = talks(talkback, 600);
  using _second = talks(talkback, 900);
  await until('it is refused', () => problems.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(problems.map(({ code, detail }) => `${code} ${detail.slice(0, 3)}`)).toEqual(['talkback-refused 401']);
  expect(lines.length).toBeLessThan(2);
  await talkback[Symbol.asyncDispose]();
  await camera.close();
}, 60_000);

test.concurrent('what a camera plays may be set to something else since: it gets that', async () => {
  await using it = await opened({ formats: ['pcm_alaw'] });
  using _talker = talks(it.talkback, 600);
  await heard(it.camera, 40);
  expect(await tone(it.camera, 5)).toBe(600);
  expect(it.problems).toEqual([]);
}, 60_000);

test.concurrent('two seconds after the last word the talk is over, and mute ends it at once', async () => {
  await using it = await opened();
  const talker = talks(it.talkback, 600);
  await heard(it.camera, 30);
  talker[Symbol.dispose]();
  const lastMs = performance.now();
  await until('it is over', () => it.camera.statistics().talking.now === 0);
  expect(performance.now() - lastMs).toBeGreaterThan(1_800);
  expect(performance.now() - lastMs).toBeLessThan(3_500);
  using _again = talks(it.talkback, 600);
  await heard(it.camera, 20);
  it.talkback.loudness = { muted: true, volume: 100 };
  const mutedMs = performance.now();
  await until('it is over', () => it.camera.statistics().talking.now === 0);
  expect(performance.now() - mutedMs).toBeLessThan(1_500);
}, 60_000);
