import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KnownSpeakers } from '../../src/homekit/known-speakers.js';
import type { Problem } from '../../src/problems.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { until } from '../support/until.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-speakers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const muLaw = { codec: 'pcm_mulaw', clockRate: 8_000, channels: 1 };

let files = 0;

/** What is known of a camera, in a file of its own, across several starts of the plugin. */
async function made(settings: Partial<CameraSettings> = {}) {
  const camera = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  files += 1;
  const file = join(folder, `${files}.json`);
  const problems: Problem[] = [];
  const lines: string[] = [];
  /** One start of the plugin: what the camera's accessory is made with. */
  const start = async (url = camera.url(), mayAsk = true) => {
    const known = await KnownSpeakers.load(file, (problem) => problems.push(problem));
    const speaker = await known.find({ id: 'door', url, mayAsk, tell: (line) => lines.push(line), note: () => undefined });
    return { speaker, known };
  };
  return { camera, file, problems, lines, start, [Symbol.asyncDispose]: () => camera.close() };
}

/** Another camera takes its place, at the same address. */
async function replaced(camera: SimulatedCamera, settings: Partial<CameraSettings>): Promise<SimulatedCamera> {
  await camera.close();
  return startCamera({ main: smallFootage, port: camera.port, ...settings, ffmpegPath });
}

test.concurrent('a camera is asked when it is met, and remembered: also where it is away later', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  const first = await it.start();
  expect(first.speaker).toEqual(muLaw);
  await first.known[Symbol.asyncDispose]();
  await it.camera.stop();
  const second = await it.start();
  expect(second.speaker).toEqual(muLaw);
  await second.known[Symbol.asyncDispose]();
  expect(await readFile(it.file, 'utf8')).not.toMatch(/@/);
  expect([it.lines, it.problems]).toEqual([[], []]);
});

test.concurrent('a camera without a speaker is not waited for again; one that has got one is offered with the next start, which is said', async () => {
  await using it = await made();
  const first = await it.start();
  expect(first.speaker).toBeUndefined();
  await first.known[Symbol.asyncDispose]();
  await using _other = await replaced(it.camera, { speaker: { formats: ['pcm_mulaw'] } }).then((camera) => ({ [Symbol.asyncDispose]: () => camera.close() }));
  const second = await it.start();
  expect(second.speaker).toBeUndefined();
  await until('it is said', () => it.lines.length > 0);
  expect(it.lines).toEqual(['it can be talked to now; the Home app offers that after the next restart of Homebridge.']);
  await second.known[Symbol.asyncDispose]();
  const third = await it.start();
  expect(third.speaker).toEqual(muLaw);
  await third.known[Symbol.asyncDispose]();
});

test.concurrent('a camera that answers late holds up its first start for three seconds; what it says then is told, and counts with the next start', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  it.camera.freeze();
  const askedMs = performance.now();
  const first = await it.start();
  expect(first.speaker).toBeUndefined();
  expect(performance.now() - askedMs).toBeLessThan(4_500);
  it.camera.thaw();
  await until('it is told', () => it.lines.length > 0, 10_000);
  expect(it.lines).toEqual(['it can be talked to now; the Home app offers that after the next restart of Homebridge.']);
  await first.known[Symbol.asyncDispose]();
  const second = await it.start();
  expect(second.speaker).toEqual(muLaw);
  await second.known[Symbol.asyncDispose]();
}, 20_000);

test.concurrent('a camera that did not answer at its first start is not waited for at the next one, but asked beside', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  it.camera.freeze();
  const first = await it.start();
  await first.known[Symbol.asyncDispose]();
  const askedMs = performance.now();
  const second = await it.start();
  expect(second.speaker).toBeUndefined();
  expect(performance.now() - askedMs).toBeLessThan(1_500);
  it.camera.thaw();
  await until('it is told', () => it.lines.length > 0, 10_000);
  await second.known[Symbol.asyncDispose]();
  const third = await it.start();
  expect(third.speaker).toEqual(muLaw);
  await third.known[Symbol.asyncDispose]();
}, 20_000);

test.concurrent('a camera that refuses at once costs nothing, and is met anew at the next start', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  it.camera.answerWith(401);
  const first = await it.start();
  expect(first.speaker).toBeUndefined();
  await first.known[Symbol.asyncDispose]();
  it.camera.answerWith(undefined);
  const second = await it.start();
  expect(second.speaker).toEqual(muLaw);
  await second.known[Symbol.asyncDispose]();
});

test.concurrent.each([{ clockRate: 8_000_000 }, { clockRate: 0 }, { clockRate: 8_000.5 }, { channels: 0 }, { channels: 100_000 }])('a file with %j in it is as good as none', async (wrong) => {
  await using it = await made();
  await writeFile(it.file, JSON.stringify({ door: { address: it.camera.url(), speaker: { ...muLaw, ...wrong } } }));
  const first = await it.start();
  expect(first.speaker).toBeUndefined();
  await first.known[Symbol.asyncDispose]();
});

test.concurrent('a camera that is private is not asked, and what is known of it counts', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  const first = await it.start(it.camera.url(), false);
  expect(first.speaker).toBeUndefined();
  expect(it.camera.statistics().connections.total).toBe(0);
  const second = await it.start();
  await second.known[Symbol.asyncDispose]();
  const third = await it.start(it.camera.url(), false);
  expect(third.speaker).toEqual(muLaw);
  expect(it.camera.statistics().connections.total).toBe(1);
});

test.concurrent('at another address there is another camera', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  await using silent = await made();
  const first = await it.start();
  await first.known[Symbol.asyncDispose]();
  const second = await it.start(silent.camera.url());
  expect(second.speaker).toBeUndefined();
  await second.known[Symbol.asyncDispose]();
});

test.concurrent('a damaged file is as good as none, and a folder that cannot be written to is told of', async () => {
  await using it = await made({ speaker: { formats: ['pcm_mulaw'] } });
  await writeFile(it.file, '{"door": 7');
  const first = await it.start();
  expect(first.speaker).toEqual(muLaw);
  await first.known[Symbol.asyncDispose]();
  expect(it.problems).toEqual([]);
  const nowhere = await KnownSpeakers.load(join(it.file, 'below', 'speakers.json'), (problem) => it.problems.push(problem));
  expect(await nowhere.find({ id: 'door', url: it.camera.url(), mayAsk: true, tell: () => undefined, note: () => undefined })).toEqual(muLaw);
  await nowhere[Symbol.asyncDispose]();
  expect(it.problems.map(({ code }) => code)).toEqual(['speakers-not-kept']);
});
