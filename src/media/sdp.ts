import { parseAudioSpecificConfig } from './audio-specific-config.js';
import { FormatError } from './format-error.js';

/** One of the formats of a media section, by payload type. */
export interface MediaFormat {
  readonly payloadType: number;
  /** Of rtpmap, in lower case: 'pcmu', 'mpeg4-generic', 'h264'; undefined where nothing says it. */
  readonly encoding: string | undefined;
  /** In Hz; 0 where nothing says it. */
  readonly clockRate: number;
  readonly channels: number;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** What belongs to one `m=` line (RFC 8866 5.14). */
export interface MediaSection {
  /** 'audio', 'video', 'application'. */
  readonly kind: string;
  /** 'sendonly', 'recvonly', 'sendrecv', 'inactive', as written in the section itself; undefined where it is not. */
  readonly direction: string | undefined;
  readonly formats: readonly MediaFormat[];
  readonly control: string | undefined;
}

/** What is needed of a session description. */
export interface SessionDescription {
  /** Who made it: the user name of its `o=`. */
  readonly origin?: string | undefined;
  /** What made it (`a=tool:`). */
  readonly tool: string | undefined;
  readonly control: string | undefined;
  readonly media: readonly MediaSection[];
}

/** A kind of sound that a camera plays. */
export interface BackchannelFormat {
  /** 'pcm_mulaw', 'pcm_alaw', 'aac', 'g726', 'pcm_s16be', 'opus', as `AudioFormat` has them; else the encoding's own name. */
  readonly codec: string;
  readonly payloadType: number;
  /** In Hz. */
  readonly clockRate: number;
  readonly channels: number;
  /** AudioSpecificConfig of AAC that comes as RFC 3640 AAC-hbr; undefined for all else. */
  readonly config: Uint8Array | undefined;
  /** The address for SETUP. */
  readonly control: string;
}

/** What a camera says about its speaker. */
export interface BackchannelOffer {
  /** In the order of the description. */
  readonly formats: readonly BackchannelFormat[];
  readonly tool: string | undefined;
}

/** What a camera says about its microphone. */
export type Microphone =
  /** In the order of the description; named as `BackchannelFormat.codec`. */
  | { readonly kind: 'offered'; readonly codecs: readonly string[] }
  | { readonly kind: 'none' }
  /** It says nothing that can be relied on. */
  | { readonly kind: 'unknown' };

/** RFC 3551 6: those of the fixed payload types that cameras play. */
const staticFormats: ReadonlyMap<number, { readonly encoding: string; readonly clockRate: number }> = new Map([
  [0, { encoding: 'pcmu', clockRate: 8000 }],
  [8, { encoding: 'pcma', clockRate: 8000 }],
]);

const codecs: readonly { readonly encoding: RegExp; readonly codec: string }[] = [
  { encoding: /^pcmu$/, codec: 'pcm_mulaw' },
  { encoding: /^pcma$/, codec: 'pcm_alaw' },
  { encoding: /^mpeg4-generic$/, codec: 'aac' },
  { encoding: /^g726(?:-\d+)?$/, codec: 'g726' },
  { encoding: /^l16$/, codec: 'pcm_s16be' },
];

/** Cameras have some five sections with one format or eight; what is beyond these is passed over. */
const mostSections = 32;
const mostFormats = 32;
/** RFC 3550 5.1: seven bits. */
const mostPayloadType = 127;

const directions: readonly string[] = ['sendonly', 'recvonly', 'sendrecv', 'inactive'];

/** Reads what it knows and passes over the rest: no two cameras break the same rules. */
export function parseSdp(text: string): SessionDescription {
  const [session = [], ...sections] = splitSections(text);
  const origin = session.find((line) => line.startsWith('o='))?.slice(2).split(' ', 1)[0];
  return { origin, tool: attribute(session, 'tool'), control: attribute(session, 'control'), media: sections.slice(0, mostSections).map(readSection) };
}

/**
 * The speaker: sound with `a=sendonly`, which ONVIF Streaming 5.3 says from the client's side. Undefined where there is none; also
 * where the picture is `sendonly` too, as the camera then speaks of itself, and means its microphone.
 * @param base The address that controls are relative to.
 */
export function backchannelOf({ media, tool }: SessionDescription, base: string): BackchannelOffer | undefined {
  const speakers = speaksOfItself(media) ? [] : media.filter(({ kind, direction }) => kind === 'audio' && direction === 'sendonly');
  const formats = speakers.flatMap(({ formats: offered, control }) => offered.map((format) => backchannelFormat(format, resolveControl(control, base))));
  return speakers.length === 0 ? undefined : { formats, tool };
}

/** The microphone: all sound that is not the speaker's. A description without a picture is not believed. */
export function microphoneOf({ media }: SessionDescription): Microphone {
  if (!media.some(({ kind }) => kind === 'video')) {
    return { kind: 'unknown' };
  }
  const notHeard = speaksOfItself(media) ? ['inactive'] : ['inactive', 'sendonly'];
  const microphones = media.filter(({ kind, direction = '' }) => kind === 'audio' && !notHeard.includes(direction));
  return microphones.length === 0 ? { kind: 'none' } : { kind: 'offered', codecs: microphones.flatMap(({ formats }) => formats.map(codecOf)) };
}

/** Whether directions are said from the camera's side: nobody sends it a picture. */
function speaksOfItself(media: readonly MediaSection[]): boolean {
  return media.some(({ kind, direction }) => kind === 'video' && direction === 'sendonly');
}

/** The address that PLAY and TEARDOWN go to. */
export function sessionControl({ control }: SessionDescription, base: string): string {
  return resolveControl(control, base);
}

/**
 * The address of a control (RFC 2326 C.1.1). A relative one is put behind the base, as all cameras mean it, although RFC 1808 would
 * put it in place of the last part, or of the query.
 */
export function resolveControl(control: string | undefined, base: string): string {
  if (control === undefined || control === '' || control === '*') {
    return base;
  }
  const written = control.replace(/\s/g, '%20');
  return /^rtsps?:\/\//i.test(written) ? written : `${base.replace(/\/$/, '')}/${written.replace(/^\//, '')}`;
}

/** The base of the controls: what the camera says (Content-Base, else Content-Location), else what it was asked for. */
export function controlBase(saidByCamera: readonly (string | undefined)[], requestUrl: string): string {
  // Seen: rtsp://rtsp://camera/stream/.
  const said = saidByCamera.map((url) => url?.replace(/^rtsps?:\/\/(?=rtsps?:\/\/)/i, ''));
  return said.find((url) => url !== undefined && /^rtsps?:\/\/[^/\s]/i.test(url)) ?? requestUrl;
}

/** The lines before the first `m=`, then those of each section. */
function splitSections(text: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.startsWith('m=')) {
      sections.push([]);
    }
    sections.at(-1)?.push(line.trim());
  }
  return sections;
}

function readSection([media = '', ...lines]: readonly string[]): MediaSection {
  const [kind = '', , , ...types] = media.slice(2).split(/ +/);
  const payloadTypes = types.filter((type) => /^\d{1,3}$/.test(type)).map(Number).filter((type) => type <= mostPayloadType);
  return {
    kind: kind.toLowerCase(),
    direction: lines.map((line) => line.replace(/^a=/, '')).find((each) => directions.includes(each)),
    control: attribute(lines, 'control'),
    formats: payloadTypes.slice(0, mostFormats).map((type) => readFormat(lines, type)),
  };
}

function readFormat(lines: readonly string[], payloadType: number): MediaFormat {
  const [encoding, clockRate = '', channels = ''] = (ofType(lines, 'rtpmap', payloadType) ?? '').split('/');
  const known = staticFormats.get(payloadType);
  return {
    payloadType,
    encoding: encoding ? encoding.trim().toLowerCase() : known?.encoding,
    clockRate: parseInt(clockRate, 10) || (known?.clockRate ?? 0),
    channels: parseInt(channels, 10) || 1,
    parameters: readParameters(ofType(lines, 'fmtp', payloadType) ?? ''),
  };
}

function readParameters(text: string): Map<string, string> {
  return new Map(
    text.split(';').flatMap((each) => {
      const equals = each.indexOf('=');
      return equals < 0 ? [] : [[each.slice(0, equals).trim().toLowerCase(), each.slice(equals + 1).trim()]];
    }),
  );
}

function attribute(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3).trim();
}

/** `a=rtpmap:97 …`. */
function ofType(lines: readonly string[], name: string, payloadType: number): string | undefined {
  const begin = `a=${name}:${payloadType} `;
  return lines.find((line) => line.startsWith(begin))?.slice(begin.length).trim();
}

function codecOf({ encoding = 'unknown' }: MediaFormat): string {
  return codecs.find((each) => each.encoding.test(encoding))?.codec ?? encoding;
}

function backchannelFormat(format: MediaFormat, control: string): BackchannelFormat {
  const { payloadType, clockRate, channels, parameters } = format;
  const codec = codecOf(format);
  const aac = codec === 'aac' ? aacConfig(parameters) : undefined;
  return { codec, payloadType, clockRate, channels: aac?.channels ?? channels, config: aac?.config, control };
}

/** Only where frames are packed as RFC 3640 3.3.6 has it, with sizes of 13 bits, and the description says what is in them. */
function aacConfig(parameters: ReadonlyMap<string, string>): { readonly config: Uint8Array; readonly channels: number } | undefined {
  const hex = parameters.get('config')?.replace(/^"|"$/g, '') ?? '';
  const packed = parameters.get('mode')?.toLowerCase() === 'aac-hbr' && parameters.get('sizelength') === '13' && parameters.get('indexlength') === '3';
  if (!packed || !/^(?:[0-9a-f]{2}){2,64}$/i.test(hex)) {
    return undefined;
  }
  const config = Uint8Array.from(Buffer.from(hex, 'hex'));
  try {
    return { config, channels: parseAudioSpecificConfig(config).channels };
  } catch (error) {
    if (error instanceof FormatError) {
      return undefined;
    }
    throw error;
  }
}
