import type { VideoCodec } from '../media/access-unit.js';
import type { SeenPicture } from '../policy/picture-choice.js';
import type { PictureTurn } from '../policy/picture-turn.js';
import type { RenditionSettings } from '../policy/rendition-choice.js';
import type { SoundForm } from '../policy/sound-choice.js';
import { atMostFps, common, perFrameMp4 } from './arguments.js';
import { inputArguments, soundIn, type IngestInput, type InputManner } from './input-arguments.js';
import { deinterlaced, toMemory } from './hardware/picture-filters.js';
import type { HardwareUse, SourceVideo } from './hardware/requests.js';
import { decoder, encoder, opened } from './hardware/video-arguments.js';
import { turnFilters } from './turn-filters.js';

/** What becomes of the picture on its way into the ring. */
export type IngestPicture =
  /** `input`: as in `SeenPicture`. */
  | { readonly mode: 'copy'; readonly input?: number | undefined }
  /** Both uses are of the same FFmpeg. `decode` is software for what hardware is not asked to decode. */
  | { readonly mode: 'encode'; readonly decode: HardwareUse; readonly encode: HardwareUse; readonly seen: SeenPicture; readonly turn: PictureTurn; readonly settings: RenditionSettings };

export interface IngestRequest extends Omit<InputManner, 'sound'> {
  readonly input: IngestInput;
  readonly picture: IngestPicture;
  /** How the sound is taken; absent where the camera has none, or nobody is to hear it. */
  readonly sound?: SoundForm | undefined;
  /** Whether its JPEGs are passed on too, to pipe 3; never together with sound. */
  readonly jpegs: boolean;
}

/**
 * Sound comes out so soon, which a listener waits for; or at this size, should its time stand still: half a second of the least AAC, and
 * more than 40 ms of what cameras usually send. How often it is read is another matter.
 */
const soundFragment = { us: 40_000, bytes: 512 } as const;
/** Costs 0.1 to 0.4 % of a core; without `fast` twice that. */
const encodedSound = ['-c:a', 'aac', '-aac_coder', 'fast', '-ac', '1', '-b:a', '64k'] as const;
const soundArguments = {
  mov: ['-c', 'copy'],
  mp4: ['-c', 'copy'],
  adts: ['-c', 'copy', '-bsf:a', 'aac_adtstoasc'],
  encoded: encodedSound,
} as const satisfies Record<SoundForm, readonly string[]>;
/** In seconds: a view begins with the newest keyframe, and a recording is cut at keyframes. */
const keyframeSeconds = 2;
/** How much the bitrate may run ahead, in seconds of it. */
const bufferSeconds = 1;
/** So often a JPEG is passed on: as fresh as a snapshot has to be. */
const jpegsPerSecond = 2;

/**
 * Opens a camera once. Its picture goes to stdout as fragmented MP4, a fragment a frame; its sound, where asked for, to a
 * pipe of its own (3): in one muxer a microphone that stalls would hold up the picture. Without a microphone that output has no
 * stream and FFmpeg ends (`-vn`: or it would take the picture once more).
 */
export function ingestArguments({ input, picture, sound, jpegs, ...manner }: IngestRequest): string[] {
  const { input: pictureIn = 0 } = picture.mode === 'encode' ? picture.seen : picture;
  const from = sound && soundIn(input, pictureIn);
  return [
    ...common,
    ...(picture.mode === 'encode' ? opened(picture.encode) : []),
    ...(picture.mode === 'encode' && picture.decode.preset !== picture.encode.preset ? opened(picture.decode) : []),
    ...(picture.mode === 'encode' ? decoding(picture) : []),
    ...inputArguments(input, { ...manner, sound: from !== undefined }),
    '-map', `${pictureIn}:v:0`,
    ...(picture.mode === 'encode' ? encoding(picture) : ['-c', 'copy', ...perFrameMp4, 'pipe:1']),
    ...(from ? soundOutput(from, sound) : []),
    ...(jpegs ? ['-map', `${pictureIn}:v:0`, '-c', 'copy', '-bsf:v', fewJpegs, '-f', 'image2pipe', '-flush_packets', '1', 'pipe:3'] : []),
  ];
}

function soundOutput({ input, encoded }: NonNullable<ReturnType<typeof soundIn>>, form: SoundForm): string[] {
  return [
    '-map', `${input}:a:0?`,
    '-vn',
    ...(encoded ? encodedSound : soundArguments[form]),
    '-f', form === 'mp4' ? 'mp4' : 'mov',
    '-movflags', 'delay_moov+default_base_moof+skip_trailer',
    '-frag_duration', String(soundFragment.us),
    '-frag_size', String(soundFragment.bytes),
    '-flush_packets', '1',
    'pipe:3',
  ]; // prettier-ignore
}

/** Opens a camera, says what it sends, and ends: FFmpeg has been told of no output. */
export function lookArguments(input: IngestInput, manner: Omit<InputManner, 'sound'>): string[] {
  return ['-hide_banner', '-nostdin', '-loglevel', 'info', ...inputArguments(input, { ...manner, sound: true })];
}

/** In seconds. */
const jpegStep = 1 / jpegsPerSecond;
/** A bitstream filter that lets one pass when it is due, or when the time has been set back. */
const fewJpegs = `noise=amount=0:drop='if(gte(pts*tb,ld(0))+gt(ld(0)-pts*tb,${jpegStep}),0*st(0,pts*tb+${jpegStep}),1)'`;

type EncodedPicture = Extract<IngestPicture, { mode: 'encode' }>;

function decoding({ decode, seen }: EncodedPicture): string[] {
  const codec = hardwareCodec(seen);
  return codec === undefined || decode.preset.name === 'software' ? [] : decoder(decode, codec);
}

function encoding({ decode, encode, seen, turn, settings }: EncodedPicture): string[] {
  const { width, height, fps } = settings;
  const codec = hardwareCodec(seen);
  const source: SourceVideo = { codec: codec ?? 'h264', sourceWidth: seen.width, sourceHeight: seen.height, sourceBitDepth: /10(le|be)$/.test(seen.pixelFormat ?? '') ? 10 : 8 };
  const filters = [
    ...(seen.interlaced === true ? [deinterlaced] : []),
    ...(codec === undefined || decode.preset.name === 'software' ? [atMostFps(fps)] : toMemory(decode, source, seen, { maxFps: fps })),
    ...turnFilters(seen, turn),
    // Told also where it is the camera's: that may change, and the encoder's cannot.
    `scale=w=${width}:h=${height}:out_range=tv`,
    'format=yuv420p',
    'setsar=1',
    ...encode.preset.encoding.upload,
  ];
  return ['-vf', filters.join(','), ...encoder(encode, settings, { purpose: 'live', fps, keyframeSeconds, bufferSeconds })];
}

/** Hardware decodes only these here; the rest is left to software. */
function hardwareCodec({ codec }: SeenPicture): VideoCodec | undefined {
  return codec === 'h264' || codec === 'hevc' ? codec : undefined;
}
