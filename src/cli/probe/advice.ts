import { isRecordedSound } from '../../pipeline/recording/recorded-sound.js';
import type { CameraSource } from '../../media/camera-source.js';
import { chooseLive, whyNotCopied, type LiveRules, type StreamFacts } from '../../policy/live-choice.js';
import { chooseMotionSource } from '../../policy/motion-source.js';
import { conversionReasons } from '../../policy/recording-choice.js';
import type { CameraFindings } from './findings.js';
import { viewers } from './home-verdict.js';

/** Something to change in the camera, or in its settings here, so that less has to be computed. */
export interface Advice {
  readonly cause: string;
  /** What to do. */
  readonly advice: string;
  /** What comes of it. */
  readonly gain: string;
}

export interface AdviceFacts {
  readonly findings: CameraFindings;
  readonly source: CameraSource;
  readonly rules: LiveRules;
}

/** What a camera can be set to; only its manual knows which of these it has. In kbit/s. */
const bitratesToChoose = [4_000, 3_000, 2_000, 1_500, 1_000, 750, 500] as const;
/** What second streams of cameras typically are. */
const usualSub: StreamFacts = { name: 'sub', codec: 'h264', profile: 'Main', width: 640, height: 360, bFrames: false, fps: 15, bitrateKbps: 350 };
/** Sources whose settings somebody can change. */
const cameraKinds: readonly CameraSource['kind'][] = ['rtsp', 'rtmp', 'http', 'srt'];

/** Each gives what it has to say, which is usually nothing. */
const advisers: readonly ((facts: AdviceFacts) => readonly Advice[])[] = [encodedCodec, encodedTurn, recording, bitrate, substream, sound];

/** Nothing where all is as good as it can be, or nobody can change it. Pure. */
export function adviceFor(facts: AdviceFacts): readonly Advice[] {
  return advisers.flatMap((adviser) => adviser(facts));
}

function isFromCamera({ source }: AdviceFacts): boolean {
  return cameraKinds.includes(source.kind);
}

/** What is encoded at the ingest is as HomeKit wants it: all that is left to say is how to do without that. */
function isEncodedHere({ findings }: AdviceFacts): boolean {
  return findings.main.taken.mode === 'encode';
}

function encodedCodec(facts: AdviceFacts): readonly Advice[] {
  const { mode, seen } = facts.findings.main.taken;
  if (mode !== 'encode' || !seen || seen.codec === 'h264' || seen.codec === 'hevc' || !isFromCamera(facts)) {
    return [];
  }
  const advice = facts.source.kind === 'http' ? 'Use the RTSP address of this camera, with H.264, if it has one' : 'Set the video codec of this stream to H.264 in the camera';
  return [{ cause: 'codec', advice, gain: 'nothing has to be encoded all the time that it is connected' }];
}

function encodedTurn(facts: AdviceFacts): readonly Advice[] {
  const { mode, seen } = facts.findings.main.taken;
  const isTurned = mode === 'encode' && (seen?.codec === 'h264' || seen?.codec === 'hevc');
  return isTurned && isFromCamera(facts) ? [{ cause: 'turn', advice: 'Turn or mirror the picture in the camera itself, if it can do that', gain: 'nothing has to be encoded all the time that it is connected' }] : [];
}

function recording(facts: AdviceFacts): readonly Advice[] {
  if (isEncodedHere(facts) || !isFromCamera(facts)) {
    return [];
  }
  const gains: Readonly<Record<string, string>> = { hevc: 'live views and recordings go out as they are', bFrames: 'live views and recordings go out as they are', profile: 'live views and recordings go out as they are' };
  return conversionReasons(facts.findings.main.recorded).flatMap(({ cause, advice }) => (advice === undefined ? [] : [{ cause, advice, gain: gains[cause] ?? 'recordings go out as they are' }]));
}

/** The main stream, if what is said about its recordings were followed. */
function asAdvised({ main }: CameraFindings): StreamFacts {
  return { ...main.facts, codec: 'h264', profile: 'High', bFrames: false };
}

/** The highest bitrate at which a large screen takes the stream as it is. */
function bitrate(facts: AdviceFacts): readonly Advice[] {
  const { findings, rules } = facts;
  const { request, who } = viewers.bigScreen;
  const now = asAdvised(findings);
  if (isEncodedHere(facts) || !isFromCamera(facts) || whyNotCopied(now, request, rules) === undefined) {
    return [];
  }
  const enough = bitratesToChoose.find((bitrateKbps) => bitrateKbps < (now.bitrateKbps ?? 0) && whyNotCopied({ ...now, bitrateKbps }, request, rules) === undefined);
  return enough === undefined ? [] : [{ cause: 'bitrate', advice: `Set the bitrate of this stream to ${enough} kbit/s in the camera, if that looks good enough`, gain: `an ${who} gets it as it is` }];
}

/** Only where it changes something by the same rules. */
function substream(facts: AdviceFacts): readonly Advice[] {
  const { findings, rules } = facts;
  const { main, sub } = findings;
  if (sub || !isFromCamera(facts)) {
    return [];
  }
  const { request, who } = viewers.remote;
  const isForRemote = chooseLive(request, [asAdvised(findings)], rules).mode !== 'copy' && chooseLive(request, [asAdvised(findings), usualSub], rules).mode === 'copy';
  const isForMotion = chooseMotionSource([main.motion], 'full').fps !== undefined;
  const gains = [...(isForRemote ? [`an ${who} gets that as it is`] : []), ...(isForMotion ? ['motion is looked for in that, at a tenth of the cost'] : [])];
  const { width = 0, height = 0, bitrateKbps = 0 } = usualSub;
  return gains.length === 0 ? [] : [{ cause: 'substream', advice: `Give the plugin the address of the camera's smaller second stream as "substream" (H.264, about ${width}x${height}, at most ${bitrateKbps} kbit/s)`, gain: gains.join(', and ') }];
}

function sound(facts: AdviceFacts): readonly Advice[] {
  const { sound: format } = facts.findings.main;
  return format && !isRecordedSound(format) && isFromCamera(facts) ? [{ cause: 'sound', advice: 'Set the sound to AAC, 32 kHz, mono in the camera, if it has that', gain: 'recordings take it as it is' }] : [];
}
