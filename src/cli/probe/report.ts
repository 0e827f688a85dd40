import type { AudioFormat } from '../../media/audio-packet.js';
import type { BackchannelFinding } from '../../pipeline/talkback/find-backchannel.js';
import type { StreamMeasure } from '../../media/stream-measure.js';
import { codecName } from '../../policy/codec-names.js';
import type { RenditionSettings } from '../../policy/rendition-choice.js';
import { list, section, table, wrapped } from '../shell/layout.js';
import type { Advice } from './advice.js';
import { isMasked, type ConfigEntry } from './config-entry.js';
import type { CameraFindings, StreamFindings } from './findings.js';
import type { Verdict } from './home-verdict.js';

/** What `probe` has to say of a camera. Carries no secret. */
export interface ProbeResult {
  readonly source: string;
  readonly findings: CameraFindings;
  readonly verdicts: readonly Verdict[];
  readonly advice: readonly Advice[];
  readonly entry: ConfigEntry;
}

/** A declared rate that differs by less is the same one. */
const sameRate = 0.1;
/** FFmpeg's names for full range begin so: 'yuvj422p'. */
const fullRangeFormat = 'yuvj';

export function probeText({ source, findings, verdicts, advice, entry }: ProbeResult): string {
  const { main, sub, warnings } = findings;
  return [
    ...section('Source', wrapped(source, { first: '  ', rest: '  ' })),
    ...section(sub ? 'The main stream' : 'What the camera sends', table([...streamRows(main), ['Speaker', findings.speaker && speakerText(findings.speaker)]])),
    ...(sub ? section('The sub stream', table(streamRows(sub))) : []),
    ...section('What that means for Apple Home', table(verdicts.map(({ who, because }) => [who, because]))),
    ...section('What to change, so that less has to be computed', list(advice.map(({ advice: what, gain }) => `${what}: ${gain}.`))),
    ...section('What the log would warn of', list(warnings)),
    ...section('For "cameras" in config.json', JSON.stringify(entry, undefined, 2).replace(/^/gm, '  ')),
    ...(isMasked(entry) ? [wrapped('Put in by hand what *** stands for: it is never shown here. "username" and "password" take any characters as they are.')] : []),
  ].join('\n\n');
}

/** The same for programs; docs/command-line.md describes it. */
export function probeJson({ source, findings, verdicts, advice, entry }: ProbeResult): object {
  const { main, sub, speaker, warnings } = findings;
  return {
    ok: true,
    source,
    streams: [main, ...(sub ? [sub] : [])].map(streamJson),
    speaker: speaker && { kind: speaker.kind, because: speaker.because },
    home: verdicts,
    advice,
    warnings,
    config: entry,
  };
}

type Row = readonly [label: string, text: string | undefined];

function streamRows({ firstPictureMs, format, declaredFps, measure, taken, sound }: StreamFindings): Row[] {
  const { seen, settings, because } = taken;
  const kept = `${codecName(format.codec)} ${format.profile} ${format.level}, ${format.width}x${format.height}`;
  const isFullRange = seen?.pixelFormat?.startsWith(fullRangeFormat) ?? format.fullRange;
  return [
    ['Picture', seen ? [codecName(seen.codec), `${seen.width}x${seen.height}`, seen.pixelFormat].filter((text) => text !== undefined).join(', ') : kept],
    ['Rate', rateText(measure?.fps, seen ? seen.fps : declaredFps)],
    ...(settings ? encodedRows(kept, settings, because) : copiedRows(measure)),
    ['Bitrate', measure && `${measure.bitrateKbps} kbit/s${settings ? ' once encoded' : ''}`],
    ['Colours', isFullRange ? 'full range' : 'limited range, as usual'],
    ['Sound', sound ? soundText(sound) : 'none'],
    ['First picture', `after ${Math.round(firstPictureMs / 100) / 10} s`],
  ];
}

/** What the camera's own stream is like, as it is kept. */
function copiedRows(measure: StreamMeasure | undefined): Row[] {
  const interval = measure?.keyframeIntervalMs;
  return [
    ['Keyframes', interval === undefined ? 'only one was seen' : `every ${Math.round(interval / 100) / 10} s`],
    ['B-frames', measure?.bFrames === true ? 'yes' : 'none'],
  ];
}

function encodedRows(kept: string, { fps, bitrateKbps }: RenditionSettings, because: string): Row[] {
  return [['Encoded', `once for all, as ${kept}, at most ${fps} pictures a second and ${bitrateKbps} kbit/s, as ${because}`]];
}

/** The declared one only where it says something else. */
function rateText(measured: number | undefined, declared: number | undefined): string {
  const isOther = declared !== undefined && (measured === undefined || Math.abs(declared - measured) > measured * sameRate);
  const said = isOther ? `${Math.round(declared * 10) / 10} declared` : '';
  return measured === undefined ? said || 'too few pictures came' : `${measured} pictures a second${said === '' ? '' : ` (${said})`}`;
}

function soundText({ codec, sampleRate, channels }: Pick<AudioFormat, 'codec' | 'sampleRate' | 'channels'>): string {
  return `${codecName(codec)}, ${sampleRate / 1_000} kHz, ${channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`}`;
}

function speakerText(speaker: BackchannelFinding): string {
  switch (speaker.kind) {
    case 'offered':
      return `yes, ${codecName(speaker.format.codec)}, ${speaker.format.clockRate / 1_000} kHz: the Home app shows a microphone button`;
    case 'unsupported':
      return `one that cannot be talked to (${speaker.because})`;
    case 'none':
      return `none (${speaker.because})`;
  }
}

function streamJson({ name, firstPictureMs, format, declaredFps, measure, taken, sound }: StreamFindings): object {
  const { codec, profile, level, width, height, fullRange } = format;
  return {
    name,
    firstPictureMs: Math.round(firstPictureMs),
    picture: { codec, profile, level, width, height, fullRange, declaredFps, ...measure },
    taken,
    sound: sound && { codec: sound.codec, sampleRate: sound.sampleRate, channels: sound.channels },
  };
}
