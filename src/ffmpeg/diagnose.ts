import { quirkOfRefusal } from '../policy/camera-quirks.js';
import type { PictureTrouble } from '../policy/picture-choice.js';
import type { SoundTrouble } from '../policy/sound-choice.js';
import { Problem, type ProblemCode } from '../problems.js';
import type { FfmpegEnd } from './ffmpeg-process.js';

/** Who speaks of a device of V4L2, and not of graphics hardware, which fails in the same words. */
const capturing = '(?:\\[video4linux2[^\\n]*|/video\\d+: |Error opening input[^\\n]*|Error during demuxing: )';

interface Saying {
  readonly says: RegExp;
  readonly code: ProblemCode;
  readonly detail: string;
  /** It means that only where nothing has come yet. */
  readonly opening?: true;
}

/** What FFmpeg says about a camera, and which of our problems that is. The first match wins. */
const sayings: readonly Saying[] = [
  // Capture devices: of V4L2 (Linux), DirectShow (Windows) and AVFoundation (macOS).
  { says: new RegExp(`${capturing}Device or resource busy|Could not run graph|Could not lock device for configuration`), code: 'device-busy', detail: '' },
  { says: /Cannot open video device [^\n]*: (?:Permission denied|Operation not permitted)/, code: 'device-forbidden', detail: '' },
  { says: /Failed to create AV capture input device: (?:Cannot use|This app is not authorized)/, code: 'device-forbidden', detail: '' },
  { says: new RegExp(`Cannot open video device [^\\n]*: No such |${capturing}No such device\\b(?! or)`), code: 'device-missing', detail: '' },
  { says: /Could not find video device|Could not enumerate video devices|Video device not found/, code: 'device-missing', detail: '' },
  { says: /Cannot find a proper format for codec|Could not set video options|Selected (?:video size|framerate|pixel format) \([^)]*\) is not supported/, code: 'device-unusable', detail: 'it refuses what it offers' },
  { says: /401 Unauthorized|403 Forbidden|authorization failed/i, code: 'camera-refused-login', detail: '' },
  { says: /404 Not Found|method DESCRIBE failed: 4(?:00|54)/i, code: 'camera-stream-not-found', detail: '' },
  // The words of RTMP servers are their own.
  { says: /\[rtmp\w* @ [^\]]*\] Server error: .*(?:auth|denied|reject|permi|password|forbidden)/i, code: 'camera-refused-login', detail: '' },
  { says: /\[rtmp\w* @ [^\]]*\] Server error: /i, code: 'camera-stream-not-found', detail: '' },
  { says: /\[srt @ [^\]]*\] Connection to .* failed/i, code: 'camera-unreachable', detail: 'no answer by SRT, or a wrong passphrase', opening: true },
  { says: /453 Not Enough Bandwidth|503 Service Unavailable|509 /i, code: 'camera-busy', detail: '' },
  { says: /Connection refused/i, code: 'camera-unreachable', detail: 'connection refused' },
  { says: /No route to host|Network is unreachable|Host is down/i, code: 'camera-unreachable', detail: 'no route to it' },
  { says: /Failed to resolve hostname|Name or service not known/i, code: 'camera-unreachable', detail: 'its name is unknown' },
  { says: /Connection timed out|Operation timed out|ETIMEDOUT|Error number -138/i, code: 'camera-silent', detail: 'no answer' },
  { says: /ENOENT|ENOTDIR|EACCES/, code: 'ffmpeg-missing', detail: '' },
  { says: /Protocol not found|Unknown input format/i, code: 'ffmpeg-lacks-input', detail: '' },
  { says: /matches no streams|Could not find codec parameters|Could not find tag for codec|Invalid data found/i, code: 'stream-unreadable', detail: '' },
  { says: /End of file|Connection reset|Broken pipe|Input\/output error/i, code: 'camera-closed', detail: '' },
];

const mayLackParameterSets: readonly ProblemCode[] = ['camera-silent', 'camera-no-keyframe'];
/** FFmpeg has pictures, and not what is needed to decode them. Damage looks the same for a while. */
const lacksParameterSets = /dimensions not set|unspecified size|non-existing [SP]PS|[SVP]PS id out of range|[SVP]PS \d+ does not exist/i;

/**
 * The problem behind the end of an FFmpeg that reads a camera.
 * @param packets whether it had delivered any. @param because why it was ended, where it was.
 */
export function diagnoseIngest(end: FfmpegEnd, packets: boolean, because?: Problem): Problem {
  if (!packets && (because === undefined || mayLackParameterSets.includes(because.code)) && lacksParameterSets.test(end.said)) {
    return new Problem('stream-incomplete', 'no parameter sets (SPS and PPS) came');
  }
  if (because) {
    return because;
  }
  const known = sayings.find(({ says, opening }) => says.test(end.said) && !(opening && packets));
  if (known) {
    return new Problem(known.code, known.detail);
  }
  if (end.code === 0 || packets) {
    return new Problem('camera-closed');
  }
  return new Problem('ffmpeg-failed', lastLine(end) ?? `exit ${end.code ?? end.signal ?? 'unknown'}`);
}

const soundTroubles: readonly { readonly says: RegExp; readonly trouble: SoundTrouble }[] = [
  // The sound is mapped with `?`: without a microphone its output stays empty. "matches no streams" is about the picture.
  { says: /does not contain any stream/i, trouble: 'absent' },
  { says: /\[(?:mov|out#1\/mov) @ [^\]]*\] opus only supported in MP4/i, trouble: 'mp4' },
  { says: /Malformed AAC bitstream detected/i, trouble: 'adts' },
  { says: /\[(?:mov|mp4|out#1\/\w+) @ [^\]]*\] (?:Could not find tag for codec|codec not currently supported|.* (?:only|not) supported in|track \d+: codec (?:block align|frame size) is not set)/i, trouble: 'unfit' },
  // Sound that FFmpeg itself does not know, and was to encode.
  { says: /Decoder \(codec none\) not found for input|no decoder found for: none/i, trouble: 'unfit' },
];

const pictureTroubles: readonly { readonly says: RegExp; readonly trouble: PictureTrouble }[] = [
  { says: /dimensions not set|Could not find codec parameters[^\n]*Video[^\n]*unspecified size/i, trouble: 'parameters' },
  // Of the output of the picture: that of the sound may be of MP4 too.
  { says: /Could not find tag for codec \w+ in stream #0[^]*(?:Could not write header for output file #0|\[out#0\/\w+ @ [^\]]*\] Could not write header)/i, trouble: 'codec' },
  { says: /Stream map '0:v:0' matches no streams/i, trouble: 'place' },
  { says: /Can't write packet with unknown timestamp|Timestamps are unset in a packet/i, trouble: 'times' },
];

/** Why an ingest could not read the picture, where it can be taken otherwise. */
export function diagnosePicture({ said }: Pick<FfmpegEnd, 'said'>): PictureTrouble | undefined {
  if (quirkOfRefusal(said)?.does.kind === 'otherTransport') {
    return 'transport';
  }
  return pictureTroubles.find(({ says }) => says.test(said))?.trouble;
}

/** Who speaks only where graphics hardware fails: decoders and codecs' other encoders complain about cameras too. */
const hardwareSpeaks = /\[(?:AVHWDeviceContext|h264_(?:nvenc|vaapi|amf|videotoolbox)) @ /;

/** Whether an ingest failed in the words of graphics hardware. Where not, it may still have been to blame. */
export function inHardwaresWords({ code, said }: Pick<FfmpegEnd, 'code' | 'said'>): boolean {
  return code !== 0 && hardwareSpeaks.test(said);
}

/** Why an ingest that asked for the sound failed; undefined where the sound was not the reason. */
export function diagnoseSound({ said }: Pick<FfmpegEnd, 'said'>): SoundTrouble | undefined {
  return soundTroubles.find(({ says }) => says.test(said))?.trouble;
}

/** The newest thing that FFmpeg said, for messages. */
export function lastLine(end: FfmpegEnd): string | undefined {
  const line = end.said.split('\n').at(-1)?.trim().slice(0, 200);
  return line === '' ? undefined : line;
}

/** How it ended, in its own words where it has some. */
export function howEnded(end: FfmpegEnd): string {
  return lastLine(end) ?? `FFmpeg ended with ${end.code ?? end.signal ?? 'unknown'}`;
}
