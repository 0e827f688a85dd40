/** How the camera's microphone sounds: G.711 and G.726 as old cameras, AAC-LC at three rates, Opus as new ones. */
export type AudioCodec = 'none' | 'pcmu' | 'pcma' | 'g726' | 'aac' | 'aac32' | 'aac48stereo' | 'opus';

/** Names of the sounds that there are. */
export type SoundName = Exclude<AudioCodec, 'none'>;

/** Beeps of 0.1 s that begin with each full second of the loop, or a tone that never stops, in whole hertz. */
export type Sound = 'beeps' | { readonly toneHz: number };

/** One sound: how FFmpeg makes it, and how it is announced and sent. */
export interface SoundFormat {
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  readonly samplesPerFrame: number;
  /** Bytes of each frame in FFmpeg's output; `adts` where the frames say it themselves. */
  readonly frameBytes: number | 'adts';
  /** Whole frames, whole beeps and whole waves, so that the loop repeats without a gap. */
  readonly loopSeconds: number;
  /** Frames that lie before time 0: the encoder's run-up. */
  readonly runUpFrames: number;
  /** Samples that the decoder is late by; the beep is made that much earlier. */
  readonly decoderDelay: number;
  /** FFmpeg's arguments for the encoder and the file. */
  readonly encoder: readonly string[];
  readonly payloadType: number;
  /** As in the session description: name, clock rate and, where there are two, channels. */
  readonly rtpmap: string;
  readonly fmtp?: string;
}

function g711(name: string, encoder: string, format: string, payloadType: number): SoundFormat {
  const beep = { sampleRate: 8000, channels: 1, samplesPerFrame: 160, frameBytes: 160, loopSeconds: 1, runUpFrames: 0, decoderDelay: 0 } as const;
  return { ...beep, encoder: ['-c:a', encoder, '-f', format], payloadType, rtpmap: `${name}/8000` };
}

/** Sampling frequency indices of an AudioSpecificConfig (ISO/IEC 14496-3 1.6.3.4). */
const frequencyIndices = { 16_000: 8, 32_000: 5, 48_000: 3 } as const;

function aac(sampleRate: keyof typeof frequencyIndices, channels: 1 | 2, loopSeconds: number, bitrateKbps: number): SoundFormat {
  const lowComplexity = 2;
  const config = ((lowComplexity << 11) | (frequencyIndices[sampleRate] << 7) | (channels << 3)).toString(16).padStart(4, '0');
  return {
    ...{ sampleRate, channels, samplesPerFrame: 1024, frameBytes: 'adts', loopSeconds, runUpFrames: 1, decoderDelay: 0 },
    encoder: ['-c:a', 'aac', '-b:a', `${bitrateKbps}k`, '-f', 'adts'],
    payloadType: 97,
    rtpmap: `MPEG4-GENERIC/${sampleRate}/${channels}`,
    fmtp: `streamtype=5; profile-level-id=1; mode=AAC-hbr; sizelength=13; indexlength=3; indexdeltalength=3; config=${config}`,
  };
}

/** Every sound the camera can make. */
export const soundFormats: Readonly<Record<SoundName, SoundFormat>> = {
  pcmu: g711('PCMU', 'pcm_mulaw', 'mulaw', 0),
  pcma: g711('PCMA', 'pcm_alaw', 'alaw', 8),
  /** The packing of RFC 3551 4.5.4, which FFmpeg calls little-endian. No MP4 or MOV holds it. */
  g726: {
    ...{ sampleRate: 8000, channels: 1, samplesPerFrame: 160, frameBytes: 80, loopSeconds: 1, runUpFrames: 0, decoderDelay: 0 },
    encoder: ['-c:a', 'g726le', '-b:a', '32k', '-f', 'g726le'],
    payloadType: 99,
    rtpmap: 'G726-32/8000',
  },
  /** What cheap cameras send. 125 frames are 8 s. */
  aac: aac(16_000, 1, 8, 32),
  /** What HomeKit records. 125 frames are 4 s. */
  aac32: aac(32_000, 1, 4, 48),
  /** 375 frames are 8 s. */
  aac48stereo: aac(48_000, 2, 8, 96),
  /** RFC 7587. At a constant bitrate all frames have one size; libopus looks 6.5 ms ahead, and RTP has no pre-skip to say so. */
  opus: {
    ...{ sampleRate: 48_000, channels: 2, samplesPerFrame: 960, frameBytes: 160, loopSeconds: 1, runUpFrames: 0, decoderDelay: 312 },
    encoder: ['-c:a', 'libopus', '-b:a', '64k', '-vbr', 'off', '-frame_duration', '20', '-map', '0:a', '-f', 'data'],
    payloadType: 98,
    rtpmap: 'opus/48000/2',
    fmtp: 'sprop-stereo=1',
  },
};

/** As a list that is never empty. */
export const soundNames = Object.keys(soundFormats) as [SoundName, ...SoundName[]];

/** FFmpeg arguments that write two loops of sound, and some more, to `output`: ADTS for AAC, bare frames else. */
export function soundArguments(name: SoundName, sound: Sound, output: string): string[] {
  const { sampleRate, channels, loopSeconds, decoderDelay, encoder } = soundFormats[name];
  const t = decoderDelay === 0 ? 't' : `(t+${decoderDelay}/${sampleRate})`;
  const wave = sound === 'beeps' ? `0.5*sin(2*PI*1000*${t})*lt(mod(${t},1),0.1)` : `0.5*sin(2*PI*${sound.toneHz}*${t})`;
  const source = `aevalsrc='${Array.from({ length: channels }, () => wave).join('|')}':s=${sampleRate}:d=${2 * loopSeconds + 1}`;
  return ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-f', 'lavfi', '-i', source, '-ac', String(channels), ...encoder, output];
}

/** The frames of one loop in what FFmpeg wrote. The second loop joins on to itself, the first does not. */
export function soundLoop(name: SoundName, file: Buffer): Buffer[] {
  const { sampleRate, samplesPerFrame, frameBytes, loopSeconds, runUpFrames } = soundFormats[name];
  const loopFrames = (loopSeconds * sampleRate) / samplesPerFrame;
  const frames = frameBytes === 'adts' ? splitAdts(file) : splitEvery(file, frameBytes);
  const loop = frames.slice(runUpFrames + loopFrames, runUpFrames + 2 * loopFrames);
  if (loop.length !== loopFrames) {
    throw new Error(`FFmpeg made ${frames.length} frames of ${name}, too few for a loop of ${loopFrames}.`);
  }
  return loop;
}

/** Raw AAC frames of an ADTS stream (7-byte headers, as FFmpeg writes them). */
export function splitAdts(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let offset = 0; offset + 7 <= file.length; ) {
    const length = (file.readUInt32BE(offset + 2) >>> 5) & 0x1fff;
    frames.push(file.subarray(offset + 7, offset + length));
    offset += Math.max(7, length);
  }
  return frames;
}

function splitEvery(file: Buffer, bytes: number): Buffer[] {
  return Array.from({ length: Math.floor(file.length / bytes) }, (_, index) => file.subarray(index * bytes, (index + 1) * bytes));
}
