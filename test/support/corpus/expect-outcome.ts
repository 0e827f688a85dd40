import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { StillRenderer } from '../../../src/ffmpeg/still.js';
import { recordedStream } from '../../../src/pipeline/recording/recorded-stream.js';
import { chooseLive } from '../../../src/policy/live-choice.js';
import { chooseRecording } from '../../../src/policy/recording-choice.js';
import { ringLimits } from '../../../src/pipeline/packet-stream.js';
import { patchColour } from '../camera/marks.js';
import { startCamera } from '../camera/rtsp-camera.js';
import { ffmpegPath } from '../house.js';
import { machinePace } from '../machine-pace.js';
import { openPlugin, type OpenedPlugin } from '../opened-camera.js';
import { decodeJpeg } from '../picture.js';
import type { CorpusCamera, CorpusStream, PictureOutcome } from './corpus.js';
import { serveFile } from './corpus-file.js';
import { WatchedSource, type WatchedPicture } from './watched-source.js';
import { until } from '../until.js';

/** What is looked at: the newest pictures once all is well. */
const lookedAt = 30;
const usual = { withinMs: 10_000, settlesMs: 10_000 } as const;
/** What is wrong with a stream's times shows after some seconds, and again in the next connection. */
const learnsWithinMs = 40_000;
/** In whatever way a stream is broken: no longer without a picture than this. */
const longestStallMs = 10_000;
/** Of what the encoders here lose. */
const tolerance = 8;
const stillWithinMs = 20_000;
const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 2_000, profile: 'high', level: '3.1', remote: false } as const;

/** Opens a stream of the corpus with the plugin's camera, and sees that what must come of it does. */
export async function expectOutcome({ from, becomes }: CorpusStream): Promise<void> {
  await using sender: Sender = 'main' in from ? await startedCamera(from) : await serveFile(from);
  await using opened = await openPlugin({ source: sender.source, ...('main' in from && from.options) });
  using watched = new WatchedSource(opened);
  if ('problem' in becomes) {
    await patiently(() => watched.problem !== undefined, becomes.withinMs);
    expect(watched.problem?.code).toBe(becomes.problem);
    return;
  }
  const { withinMs = usual.withinMs, settlesMs = usual.settlesMs, connections } = becomes;
  const { main } = opened.camera;
  await patiently(() => watched.pictures.length > 0, withinMs);
  await sender.meanwhile?.();
  await patiently(() => connections === 'any' || main.connections >= connections, learnsWithinMs);
  const sinceMs = performance.now();
  const wrong = (): string | undefined => watched.problem?.message ?? whatIsWrong(watched.pictures.filter(({ timeMs }) => timeMs > sinceMs).slice(-lookedAt), becomes);
  await patiently(() => wrong() === undefined, settlesMs);
  const said = wrong();
  if (said !== undefined) {
    throw new Error(`${said}; ${main.connections} connections\n${opened.log.join('\n')}`);
  }
  if (connections !== 'any') {
    expect(main.connections).toBe(connections);
  }
  expect(watched.longestStallMs).toBeLessThan(longestStallMs);
  expect(main.packets.format?.fullRange).toBe(becomes.fullRange ?? false);
  expect(main.packets.bytes).toBeLessThan(ringLimits.bytes);
  await expectChoices(opened, becomes);
  await expectStill(opened, becomes);
}

interface Sender extends AsyncDisposable {
  readonly source: string;
  readonly meanwhile?: (() => Promise<void> | void) | undefined;
}

/** Waits until `holds`, for so long at most, or as much longer as this machine takes for everything; what does not hold then shows in what follows. */
async function patiently(holds: () => boolean, ms: number): Promise<void> {
  const waited = async (untilMs: number): Promise<void> => {
    while (!holds() && performance.now() < untilMs) {
      await sleep(50);
    }
  };
  const startMs = performance.now();
  await waited(startMs + ms);
  await waited(holds() ? 0 : startMs + ms * (await machinePace()));
}

async function startedCamera({ meanwhile, options: _options, ...settings }: CorpusCamera): Promise<Sender> {
  const camera = await startCamera({ ...settings, ffmpegPath });
  return { source: camera.url('main'), meanwhile: meanwhile && (() => meanwhile(camera)), [Symbol.asyncDispose]: () => camera.close() };
}

/** Undefined where these pictures are as they should be: of the right size, brightness and colour, one after the other, and of now. */
function whatIsWrong(pictures: readonly WatchedPicture[], { width, height, damaged = false }: PictureOutcome): string | undefined {
  const last = pictures.at(-1);
  if (!last || pictures.length < lookedAt) {
    return `${pictures.length} pictures`;
  }
  const sizes = new Set(pictures.map((picture) => `${picture.width}x${picture.height}`));
  const read = pictures.filter(({ counter }) => counter !== undefined);
  const counters = new Set(read.map(({ counter }) => counter));
  const backwards = pictures.filter(({ timeMs }, index) => timeMs <= (pictures[index - 1]?.timeMs ?? -Infinity)).length;
  const spanMs = last.timeMs - (pictures[0]?.timeMs ?? 0);
  const ageMs = performance.now() - last.timeMs;
  const { white, black, patch } = middle(read);
  const { y, cb, cr } = patchColour;
  const off = [white - 235, black - 16, patch.y - y, patch.cb - cb, patch.cr - cr].map((each) => Math.abs(each));
  const wrong: readonly (readonly [boolean, string])[] = [
    [sizes.size !== 1 || !sizes.has(`${width}x${height}`), `pictures of ${[...sizes].join(', ')}`],
    [read.length < (damaged ? 0.5 : 1) * pictures.length, `${pictures.length - read.length} pictures that cannot be read`],
    [counters.size < read.length * 0.9, `${counters.size} different pictures of ${read.length}`],
    [backwards > 0, `${backwards} times that do not rise`],
    [spanMs > 12_000, `${Math.round(spanMs)} ms for ${pictures.length} pictures`],
    [ageMs > 3_000, `the newest picture is ${Math.round(ageMs)} ms old`],
    [!off.every((each) => each <= tolerance), `white ${white}, black ${black}, patch ${JSON.stringify(patch)}`],
  ];
  return wrong.find(([isSo]) => isSo)?.[1];
}

function middle(pictures: readonly WatchedPicture[]): Pick<WatchedPicture, 'white' | 'black' | 'patch'> {
  const of = (value: (picture: WatchedPicture) => number): number => Math.round(pictures.map(value).sort((a, b) => a - b)[pictures.length >> 1] ?? NaN);
  return { white: of(({ white }) => white), black: of(({ black }) => black), patch: { y: of(({ patch }) => patch.y), cb: of(({ patch }) => patch.cb), cr: of(({ patch }) => patch.cr) } };
}

async function expectChoices({ camera }: OpenedPlugin, { view, recording = view }: PictureOutcome): Promise<void> {
  await until('two keyframes', () => camera.main.measure()?.keyframeIntervalMs !== undefined, 20_000);
  const { packets } = camera.main;
  const live = chooseLive(request, [camera.main.facts()], camera.config);
  expect(live.mode === 'copy' ? 'copied' : live.because).toEqual(view === 'copied' ? view : expect.stringMatching(view));
  const { liveKeyframe } = packets;
  const recorded = liveKeyframe && chooseRecording(recordedStream(packets, liveKeyframe));
  expect(recorded?.mode === 'copy' ? 'copied' : recorded?.because).toEqual(recording === 'copied' ? recording : expect.stringMatching(recording));
}

async function expectStill({ camera }: OpenedPlugin, { width, height, damaged = false }: PictureOutcome): Promise<void> {
  await using renderer = new StillRenderer();
  const keyframe = camera.main.packets.liveKeyframe ?? camera.main.packets.lastKeyframe;
  const jpeg = keyframe && (await renderer.render(await camera.ffmpeg(), keyframe, { width, height }, AbortSignal.timeout(stillWithinMs)));
  const still = await decodeJpeg(jpeg ?? Buffer.alloc(0));
  expect(still).toMatchObject({ width, height });
  expect(damaged || still.marks !== undefined).toBe(true);
}
