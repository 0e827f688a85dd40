import { recordedSound } from '../../media/aac-track.js';
import { isRecordedSound } from '../../pipeline/recording/recorded-sound.js';
import { chooseLive, type LiveRules, type StreamFacts } from '../../policy/live-choice.js';
import type { LiveRequest } from '../../policy/live-request.js';
import { liveCodecs } from '../../policy/live-sound.js';
import { chooseMotionSource } from '../../policy/motion-source.js';
import { chooseRecording } from '../../policy/recording-choice.js';
import type { CameraFindings } from './findings.js';

/** What the plugin would do with a camera, by its own policies. Pure. */

/** One thing that Apple Home does with a camera. */
export interface Verdict {
  readonly use: 'live view' | 'recording' | 'sound' | 'motion';
  /** For people: 'iPad or Apple TV at home'. */
  readonly who: string;
  /** 'copy': goes out as the camera sends it; 'convert': costs a decoder or an encoder meanwhile; 'none': there is nothing. */
  readonly mode: 'copy' | 'convert' | 'none';
  readonly because: string;
}

/** What these devices typically ask for, as observed (docs/facts.md). */
const iphone: LiveRequest = { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false };

export const viewers = {
  iphone: { who: 'iPhone or Mac at home', request: iphone },
  bigScreen: { who: 'iPad or Apple TV at home', request: { ...iphone, width: 1920, height: 1080, bitrateKbps: 802, level: '4.0' } },
  watch: { who: 'Apple Watch', request: { ...iphone, width: 320, height: 240, fps: 15, bitrateKbps: 68 } },
  remote: { who: 'iPhone away from home', request: { ...iphone, remote: true } },
} as const satisfies Record<string, { readonly who: string; readonly request: LiveRequest }>;

export function homeVerdict(findings: CameraFindings, rules: LiveRules): readonly Verdict[] {
  const { main, sub } = findings;
  const streams: readonly StreamFacts[] = sub ? [main.facts, sub.facts] : [main.facts];
  const views = Object.values(viewers).map(({ who, request }): Verdict => {
    const { mode, because } = chooseLive(request, streams, rules);
    return { use: 'live view', who, mode: mode === 'copy' ? 'copy' : 'convert', because };
  });
  return [...views, recordings(findings), ...sounds(findings), motion(findings)];
}

function recordings({ main }: CameraFindings): Verdict {
  const { mode, because } = chooseRecording(main.recorded);
  return { use: 'recording', who: 'Recordings', mode: mode === 'copy' ? 'copy' : 'convert', because: mode === 'copy' ? because : `converted while one is made: ${because}` };
}

function sounds({ main: { sound } }: CameraFindings): Verdict[] {
  if (!sound) {
    return [{ use: 'sound', who: 'Sound', mode: 'none', because: 'none, recordings are silent' }];
  }
  const recorded = isRecordedSound(sound);
  return [
    { use: 'sound', who: 'Sound in live views', mode: 'convert', because: `encoded as ${liveCodecs.opus.name} while somebody watches, once for all` },
    { use: 'sound', who: 'Sound of recordings', mode: recorded ? 'copy' : 'convert', because: recorded ? 'goes in as it is' : `encoded as AAC, ${recordedSound.sampleRate / 1_000} kHz, mono while one is made` },
  ];
}

function motion({ main, sub }: CameraFindings): Verdict {
  const { stream, fps, because } = chooseMotionSource(sub ? [main.motion, sub.motion] : [main.motion], 'full');
  const looksAt = fps === undefined ? 'keyframes' : `${fps} pictures a second`;
  return { use: 'motion', who: 'Motion detection', mode: 'convert', because: `looks at ${looksAt} of the ${stream} stream: ${because}` };
}
