import { drawnScene, type Scene } from './drawn-scene.js';
import { footageForms, type FootageForm } from './footage-forms.js';
import type { CellArea } from './marks.js';
import {
  checkBits,
  clockRow,
  counterRow,
  firstBitColumn,
  flashArea,
  flashFrames,
  gridColumns,
  gridRows,
  patchArea,
  patchColour,
  valueBits,
  whiteReferenceColumn,
} from './marks.js';
import type { AudioCodec, Sound } from './sound-formats.js';

/** Used where no path is given. */
export const defaultFfmpeg = process.env.CAMERA_HUB_FFMPEG ?? 'ffmpeg';

/** What a simulated camera films and how it encodes that. All fields have defaults (see `footageDefaults`). */
export interface FootageSettings {
  /** What is in front of it; `busy` unless told. */
  readonly scene?: Scene | undefined;
  readonly codec?: 'h264' | 'hevc' | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Whole frames per second. */
  readonly fps?: number | undefined;
  readonly bitrateKbps?: number | undefined;
  /** Distance of the keyframes in seconds. */
  readonly keyframeSeconds?: number | undefined;
  /** B-frames between two P-frames; 0 is what HomeKit wants. */
  readonly bFrames?: number | undefined;
  /** Baseline means no B-frames and CAVLC; HEVC ignores it. */
  readonly h264Profile?: 'high' | 'baseline' | undefined;
  readonly audio?: AudioCodec | undefined;
  /** What the microphone hears; beeps with the flashes unless told. */
  readonly sound?: Sound | undefined;
  /** Something else than 8 bit 4:2:0 pictures in limited range and closed GOPs. */
  readonly form?: FootageForm | undefined;
  /** Whether a patch of a known colour is drawn (`patchArea`). */
  readonly patch?: boolean | undefined;
  /** Length of the loop in whole seconds, a multiple of the keyframe distance, at most 65 (the clock has 16 bits). */
  readonly seconds?: number | undefined;
}

/** Settings with every default filled in. */
export type CompleteFootageSettings = { readonly [Key in keyof FootageSettings]-?: NonNullable<FootageSettings[Key]> };

const footageDefaults: CompleteFootageSettings = {
  scene: 'busy',
  codec: 'h264',
  width: 1920,
  height: 1080,
  fps: 30,
  bitrateKbps: 4000,
  keyframeSeconds: 2,
  bFrames: 0,
  h264Profile: 'high',
  audio: 'none',
  sound: 'beeps',
  form: 'plain',
  patch: false,
  seconds: 20,
};

/** Fills in the defaults; throws when the settings cannot make a loop that repeats cleanly. */
export function completeFootageSettings(settings: FootageSettings): CompleteFootageSettings {
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const complete: CompleteFootageSettings = { ...footageDefaults, ...given };
  const { seconds, keyframeSeconds, fps, bFrames, h264Profile, codec } = complete;
  const gops = seconds / keyframeSeconds;
  if (!Number.isInteger(gops) || gops < 1 || !Number.isInteger(seconds) || seconds > 65) {
    throw new Error(`A loop of ${seconds} s must be whole seconds, at most 65, and a multiple of the keyframe distance (${keyframeSeconds} s).`);
  }
  if (!Number.isInteger(fps) || !Number.isInteger(fps * keyframeSeconds)) {
    throw new Error(`${fps} frames per second with a keyframe every ${keyframeSeconds} s is not a whole number of frames.`);
  }
  if (bFrames > 0 && codec === 'h264' && h264Profile === 'baseline') {
    throw new Error('H.264 baseline has no B-frames.');
  }
  return complete;
}

/** FFmpeg arguments that film the loop, marks and all, without encoding it. */
export function filmArguments(settings: CompleteFootageSettings): string[] {
  return ['-f', 'lavfi', '-i', pictureSource(settings), '-vf', pictureFilter(settings), '-frames:v', String(settings.fps * settings.seconds), '-an'];
}

/** FFmpeg arguments that write the picture as MP4 (one video track, 90 kHz) to `output`. */
export function videoArguments(settings: CompleteFootageSettings, output: string): string[] {
  const { fps, bitrateKbps, keyframeSeconds, bFrames, form } = settings;
  const gop = String(fps * keyframeSeconds);
  return [
    ...drawing(settings),
    ...encoderArguments(settings, gop),
    ...['-bf', String(bFrames), '-g', gop, '-b:v', `${bitrateKbps}k`, '-maxrate', `${bitrateKbps}k`, '-bufsize', `${bitrateKbps}k`],
    ...footageForms[form].encoder,
    ...['-video_track_timescale', '90000', '-f', 'mp4', output],
  ];
}

/** FFmpeg arguments that write the pictures as they were drawn, I420, to `output`. */
export function rawVideoArguments(settings: CompleteFootageSettings, output: string): string[] {
  return [...drawing(settings), '-f', 'rawvideo', output];
}

/** FFmpeg arguments that draw the pictures; what encodes them, and where to, follows. */
export function drawing(settings: CompleteFootageSettings): string[] {
  return ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...filmArguments(settings)];
}

function encoderArguments(settings: CompleteFootageSettings, gop: string): string[] {
  if (settings.codec === 'hevc') {
    const closedGops = `log-level=error:info=0:repeat-headers=0:open-gop=0:scenecut=0:b-adapt=0:keyint=${gop}:min-keyint=${gop}`;
    return ['-c:v', 'libx265', '-preset', 'ultrafast', '-tag:v', 'hvc1', '-x265-params', closedGops];
  }
  const profile = settings.h264Profile;
  return ['-c:v', 'libx264', '-preset', 'superfast', '-profile:v', profile, '-keyint_min', gop, '-sc_threshold', '0', '-b_strategy', '0', '-flags', '+cgop'];
}

/** Noise keeps the encoder busy at the asked bitrate. */
const busyNoise = 'noise=alls=16:allf=t';

function pictureSource({ scene, width, height, fps, seconds, keyframeSeconds, form }: CompleteFootageSettings): string {
  return scene === 'busy' ? `testsrc2=size=${width}x${height}:rate=${fps * footageForms[form].drawnPerPicture}:duration=${seconds}` : drawnScene(scene, { width, height, fps, seconds, gop: fps * keyframeSeconds });
}

/** The marks are drawn over everything, noise too, so they stay clean. */
function pictureFilter({ scene, width, height, fps, form, patch }: Pick<CompleteFootageSettings, 'scene' | 'width' | 'height' | 'fps' | 'form' | 'patch'>): string {
  const box = (area: CellArea, colour: string, enable?: string): string => {
    const x = Math.round((area.column * width) / gridColumns);
    const y = Math.round((area.row * height) / gridRows);
    const w = Math.round(((area.column + area.columns) * width) / gridColumns) - x;
    const h = Math.round(((area.row + area.rows) * height) / gridRows) - y;
    return `drawbox=x=${x}:y=${y}:w=${w}:h=${h}:color=${colour}:t=fill${enable === undefined ? '' : `:enable='${enable}'`}`;
  };
  const row = (row: number, value: string): string[] => {
    const bit = (number: string, power: number): string => `mod(floor((${number})/${2 ** power}),2)`;
    const column = (column: number): CellArea => ({ column, row, columns: 1, rows: 1 });
    const values = Array.from({ length: valueBits }, (_, index) => box(column(firstBitColumn + index), 'white', bit(value, valueBits - 1 - index)));
    const checks = Array.from({ length: checkBits }, (_, index) =>
      box(column(firstBitColumn + valueBits + index), 'white', bit(`mod(${value},3)+1`, checkBits - 1 - index)),
    );
    return [box({ column: 0, row, columns: gridColumns, rows: 1 }, 'black'), box(column(whiteReferenceColumn(row)), 'white'), ...values, ...checks];
  };
  return [
    'format=yuv420p',
    ...(scene === 'busy' ? [busyNoise] : []),
    ...row(counterRow, 'n'),
    ...row(clockRow, `floor(n*1000/${fps}+0.5)`),
    box(flashArea, 'black'),
    box(flashArea, 'white', `lt(mod(n,${fps}),${flashFrames})`),
    ...(patch ? [box(patchArea, patchColour.rgb)] : []),
    ...footageForms[form].filters,
  ].join(',');
}
