import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';
import { drawnScenes, type Scene } from './drawn-scene.js';
import type { CompleteFootageSettings, FootageSettings } from './footage-arguments.js';
import { encodeFields } from './field-footage.js';
import { completeFootageSettings, defaultFfmpeg, rawVideoArguments, videoArguments } from './footage-arguments.js';
import { readMp4 } from './mp4-samples.js';
import type { Sound, SoundName } from './sound-formats.js';
import { soundArguments, soundLoop } from './sound-formats.js';

export type { CompleteFootageSettings, FootageSettings } from './footage-arguments.js';
export type { AudioCodec } from './sound-formats.js';

/** One encoded picture of the loop, in decode order. */
export interface FootageUnit {
  /** NAL units without start codes or lengths, without parameter sets. */
  readonly nalUnits: readonly Uint8Array[];
  readonly keyframe: boolean;
  /** Within the loop; 90 kHz. The first pts is 0; dts starts below 0 when there are B-frames. */
  readonly pts90k: number;
  readonly dts90k: number;
  /** Index of the picture in presentation order: the counter drawn into it. */
  readonly counter: number;
}

/** One loop of sound as encoded frames (see `soundFormats`); repeats without a gap. */
export interface FootageAudio {
  readonly codec: SoundName;
  readonly frames: readonly Uint8Array[];
}

/** A loop of encoded pictures and sound in memory. */
export interface Footage {
  readonly settings: CompleteFootageSettings;
  /** SPS and PPS, or VPS, SPS and PPS. */
  readonly parameterSets: readonly Uint8Array[];
  readonly units: readonly FootageUnit[];
  readonly duration90k: number;
  readonly audio: FootageAudio | undefined;
}

/** What a camera may show, by scene; all the same but for the pictures. */
export type SceneFootage = ReadonlyMap<Scene, Footage>;

const run = promisify(execFile);
/** The largest takes 7 s on two quiet cores. */
const madeWithinMs = 40_000;
const loaded = new Map<string, Promise<Footage>>();

/** Loads the footage from the cache, or has FFmpeg make it first; equal settings share one copy in memory. */
export function loadFootage(settings: FootageSettings, ffmpegPath = defaultFfmpeg): Promise<Footage> {
  const complete = completeFootageSettings(settings);
  const key = JSON.stringify(complete);
  const existing = loaded.get(key);
  if (existing) {
    return existing;
  }
  const loading = makeFootage(complete, ffmpegPath);
  loaded.set(key, loading);
  loading.catch(() => loaded.delete(key));
  return loading;
}

/** The footage of these settings and, where its scene is drawn, of the others that a camera may change to in the middle of a connection. */
export async function loadScenes(settings: FootageSettings, ffmpegPath = defaultFfmpeg): Promise<SceneFootage> {
  const { scene } = completeFootageSettings(settings);
  const scenes = scene === 'busy' ? [scene] : drawnScenes;
  const footages = await Promise.all(scenes.map(async (each) => [each, await loadFootage({ ...settings, scene: each }, ffmpegPath)] as const));
  const forms = footages.map(([, { parameterSets, units }]) => ({ parameterSets, units: units.map(({ keyframe, pts90k, dts90k }) => ({ keyframe, pts90k, dts90k })) }));
  if (!forms.every((form) => isDeepStrictEqual(form, forms[0]))) {
    throw new Error('FFmpeg encoded the scenes in different ways: a camera cannot change between them.');
  }
  return new Map(footages);
}

async function makeFootage(settings: CompleteFootageSettings, ffmpegPath: string): Promise<Footage> {
  const [video, audio] = await Promise.all([
    settings.form === 'fields' ? makeFieldVideo(settings, ffmpegPath) : makeVideo(settings, ffmpegPath),
    settings.audio === 'none' ? undefined : makeSound(settings.audio, settings.sound, ffmpegPath),
  ]);
  if (video.units.length !== settings.fps * settings.seconds) {
    throw new Error(`FFmpeg made ${video.units.length} pictures instead of ${settings.fps * settings.seconds}.`);
  }
  return { settings, ...video, duration90k: settings.seconds * 90_000, audio };
}

type FootageVideo = Pick<Footage, 'parameterSets' | 'units'>;

async function makeVideo(settings: CompleteFootageSettings, ffmpegPath: string): Promise<FootageVideo> {
  const video = readMp4(await cachedFile('mp4', (output) => videoArguments(settings, output), ffmpegPath));
  const frame90k = 90_000 / settings.fps;
  const units = video.samples.map(
    (sample): FootageUnit => ({
      nalUnits: splitLengthPrefixed(sample.bytes),
      keyframe: sample.sync,
      pts90k: sample.pts,
      dts90k: sample.dts,
      counter: Math.round(sample.pts / frame90k),
    }),
  );
  return { units, parameterSets: settings.codec === 'h264' ? parameterSetsOfAvcC(video.decoderConfiguration) : parameterSetsOfHvcC(video.decoderConfiguration) };
}

async function makeFieldVideo(settings: CompleteFootageSettings, ffmpegPath: string): Promise<FootageVideo> {
  const { fps, keyframeSeconds } = settings;
  const { parameterSets, pictures } = encodeFields(await cachedFile('i420', (output) => rawVideoArguments(settings, output), ffmpegPath), settings);
  const units = pictures.map((nalUnits, counter): FootageUnit => {
    const ticks = (counter * 90_000) / fps;
    return { nalUnits, keyframe: counter % (fps * keyframeSeconds) === 0, pts90k: ticks, dts90k: ticks, counter };
  });
  return { parameterSets, units };
}

async function makeSound(codec: SoundName, sound: Sound, ffmpegPath: string): Promise<FootageAudio> {
  const file = await cachedFile(codec, (output) => soundArguments(codec, sound, output), ffmpegPath);
  return { codec, frames: soundLoop(codec, file) };
}

function splitLengthPrefixed(sample: Uint8Array): Uint8Array[] {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const nalUnits: Uint8Array[] = [];
  for (let offset = 0; offset + 4 <= sample.length; ) {
    const length = view.getUint32(offset);
    nalUnits.push(sample.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return nalUnits;
}

/** ISO/IEC 14496-15 5.3.3.1: one SPS array with a 5-bit count, one PPS array with an 8-bit count. */
function parameterSetsOfAvcC(record: Uint8Array): Uint8Array[] {
  const reader = nalReader(record, 5);
  const sequence = reader.nalUnits(reader.byte() & 0x1f);
  return [...sequence, ...reader.nalUnits(reader.byte())];
}

/** ISO/IEC 14496-15 8.3.3.1: arrays by NAL type, each with a 16-bit count. SEI arrays are left out. */
function parameterSetsOfHvcC(record: Uint8Array): Uint8Array[] {
  const reader = nalReader(record, 22);
  return Array.from({ length: reader.byte() }, () => {
    const type = reader.byte() & 0x3f;
    const nalUnits = reader.nalUnits(reader.byte() * 256 + reader.byte());
    return type >= 32 && type <= 34 ? nalUnits : [];
  }).flat();
}

function nalReader(record: Uint8Array, start: number): { byte: () => number; nalUnits: (count: number) => Uint8Array[] } {
  let offset = start;
  const byte = (): number => record[offset++] ?? 0;
  const nalUnit = (): Uint8Array => {
    const length = byte() * 256 + byte();
    offset += length;
    return record.subarray(offset - length, offset);
  };
  return { byte, nalUnits: (count) => Array.from({ length: count }, nalUnit) };
}

/** The file that FFmpeg makes with these arguments; made once, then read from node_modules/.cache. Several test workers may ask at once. */
export async function cachedFile(extension: string, argumentsFor: (output: string) => string[], ffmpegPath: string): Promise<Buffer> {
  const folder = join(projectFolder(), 'node_modules', '.cache', 'camera-hub');
  const key = createHash('sha256').update(JSON.stringify(argumentsFor('output'))).digest('hex').slice(0, 24);
  const file = join(folder, `${key}.${extension}`);
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    await makeOnce(file, async () => {
      const unfinished = join(folder, `${key}.${randomUUID()}.part`);
      try {
        await run(ffmpegPath, argumentsFor(unfinished));
        await rename(unfinished, file);
      } finally {
        await rm(unfinished, { force: true });
      }
    });
  }
  return await readFile(file);
}

/** Of several processes that need a file at once one makes it, and the others wait: not for one that failed, and not for ever. */
async function makeOnce(file: string, make: () => Promise<void>): Promise<void> {
  const lock = `${file}.lock`;
  const isFirst = await mkdir(lock).then(() => true, () => false);
  while (!isFirst && !existsSync(file) && (await isBeingMade(lock))) {
    await sleep(50);
  }
  try {
    if (!existsSync(file)) {
      await make();
    }
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** One that is older was left behind by a process that was killed. */
async function isBeingMade(lock: string): Promise<boolean> {
  const made = await stat(lock).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs < madeWithinMs;
}

/** The nearest folder above this file that has a package.json: the same from the sources and from dist/. */
function projectFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) {
      throw new Error('The simulated camera is not inside a project folder.');
    }
    folder = dirname(folder);
  }
  return folder;
}
