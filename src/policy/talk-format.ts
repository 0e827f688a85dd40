import type { BackchannelFormat, BackchannelOffer } from '../media/sdp.js';

/** What a speaker is to be given: the rate in Hz. */
export type SpeakerFormat = Pick<TalkFormat, 'codec' | 'clockRate' | 'channels'>;

/** Of the sound that a speaker is given; no camera was seen to play another. */
export const speakerRates = { leastHz: 8_000, mostHz: 48_000 } as const;
export const mostSpeakerChannels = 2;

/** How a camera is talked to. */
export interface TalkFormat extends BackchannelFormat {
  readonly codec: 'pcm_mulaw' | 'pcm_alaw' | 'aac';
  /** Samples in each packet: bytes of G.711, one frame of AAC. */
  readonly packetSamples: number;
  /** Whether every packet is marked, and not only the first one after a pause. */
  readonly markEach: boolean;
}

/** In which format a camera is talked to, or why it cannot be. */
export type TalkChoice =
  | { readonly kind: 'chosen'; readonly format: TalkFormat; readonly because: string }
  | { readonly kind: 'unsupported'; readonly because: string };

interface TalkPreference {
  readonly codec: TalkFormat['codec'];
  readonly name: string;
  readonly fits: (format: BackchannelFormat) => boolean;
  readonly packetSamples: number;
  readonly markEach: boolean;
}

const telephone = ({ clockRate, channels }: BackchannelFormat): boolean => clockRate === 8000 && channels === 1;
/** Object type 2 is what FFmpeg makes (ISO/IEC 14496-3 1.6.2.1). */
const lowComplexity = ({ config, channels, clockRate }: BackchannelFormat): boolean =>
  config !== undefined && (config[0] ?? 0) >> 3 === 2 && channels <= mostSpeakerChannels && clockRate >= speakerRates.leastHz && clockRate <= speakerRates.mostHz;

/** Best first. G.711 is what ONVIF Profile T asks of every camera with a speaker, and costs nothing; 160 samples are 20 ms. */
const preferences: readonly TalkPreference[] = [
  { codec: 'pcm_mulaw', name: 'G.711 mu-law', fits: telephone, packetSamples: 160, markEach: false },
  { codec: 'pcm_alaw', name: 'G.711 A-law', fits: telephone, packetSamples: 160, markEach: false },
  // RFC 3640 3.1: each packet ends a frame.
  { codec: 'aac', name: 'AAC', fits: lowComplexity, packetSamples: 1024, markEach: true },
];

/** Cameras that want G.711 cut in another way. */
const peculiarities: readonly { readonly tool: RegExp; readonly packetSamples: number; readonly markEach: boolean }[] = [
  // Reolink doorbells play packets of 20 ms distorted.
  { tool: /^BC Streaming Media/i, packetSamples: 1024, markEach: true },
];

/** Of the formats that a camera offers in vain, so many are named. */
const mostNamed = 8;

/** The best of the formats that a camera's speaker takes. */
export function chooseTalkFormat({ formats, tool = '' }: BackchannelOffer): TalkChoice {
  for (const { codec, name, fits, ...packets } of preferences) {
    const format = formats.find((each) => each.codec === codec && fits(each));
    if (format) {
      const peculiar = codec === 'aac' ? undefined : peculiarities.find((each) => each.tool.test(tool));
      const { packetSamples, markEach } = peculiar ?? packets;
      return { kind: 'chosen', format: { ...format, codec, packetSamples, markEach }, because: `the camera plays ${name} at ${format.clockRate} Hz` };
    }
  }
  return { kind: 'unsupported', because: `it offers ${describeOffer(formats)}; needed is G.711 at 8000 Hz mono, or AAC-LC at 8000 to 48000 Hz whose configuration it tells` };
}

function describeOffer(formats: readonly BackchannelFormat[]): string {
  const more = formats.length - mostNamed;
  return formats.length === 0 ? 'no format' : `only ${formats.slice(0, mostNamed).map(describeFormat).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** 'g726 at 8000 Hz'. */
function describeFormat({ codec, clockRate, channels, config }: BackchannelFormat): string {
  const rate = clockRate === 0 ? '' : ` at ${clockRate} Hz`;
  return `${codec.slice(0, 30)}${rate}${channels > 1 ? ` with ${channels} channels` : ''}${codec === 'aac' && !config ? ' without a configuration' : ''}`;
}
