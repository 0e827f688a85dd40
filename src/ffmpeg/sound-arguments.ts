import { recordedSound } from '../media/aac-track.js';
import type { LiveCodec, LiveSoundSettings } from '../policy/live-sound.js';
import type { TalkTarget } from '../policy/speaker-choice.js';
import type { SpeakerFormat } from '../policy/talk-format.js';
import { percentDecoded } from '../percent-decoded.js';
import { common, perFrameMp4, startAtOnce } from './arguments.js';

/** Command lines of the FFmpegs that do sound. The camera's own comes as fragmented MOV on stdin and goes to stdout with the same times. */

/** AAC-LC as HomeKit records it. */
export function recordedSoundArguments({ bitrateKbps }: { readonly bitrateKbps: number }): string[] {
  return [
    ...cameraSound,
    '-c:a', 'aac',
    '-aac_coder', 'fast',
    '-ar', String(recordedSound.sampleRate),
    '-ac', '1',
    '-b:a', `${bitrateKbps}k`,
    ...encodedSound,
  ]; // prettier-ignore
}

/** Opus or AAC-ELD for a live view, mono. */
export function liveSoundArguments(settings: LiveSoundSettings): string[] {
  const { gainDb, lessNoise } = settings;
  const filters = [...(lessNoise ? [noiseFilter] : []), ...(gainDb === 0 ? [] : [`volume=${gainDb}dB`])];
  return [
    ...cameraSound,
    ...(filters.length === 0 ? [] : ['-af', filters.join(',')]),
    ...liveEncoder(settings),
    ...encodedSound,
  ]; // prettier-ignore
}

/** The same of G.711 at 16 kHz on stdin: to see whether an FFmpeg can do it. */
export function soundTrialArguments(settings: LiveSoundSettings): string[] {
  return [...common, '-f', 'mulaw', '-ar', '16000', '-i', 'pipe:0', ...liveEncoder(settings), ...encodedSound];
}

function liveEncoder(settings: LiveSoundSettings): string[] {
  const { codec, sampleRate, bitrateKbps } = settings;
  return [...encoders[codec](settings), '-ar', String(sampleRate), '-ac', '1', '-b:a', `${bitrateKbps}k`];
}

const encoders: Readonly<Record<LiveCodec, (settings: LiveSoundSettings) => readonly string[]>> = {
  // Up to 8 kHz of sound: with more to choose from, libopus changes the bandwidth with what it hears. And the effort is the highest without libopus's look at what is speech and what music, by which it would change its mode from frame to
  // frame: only frames of one mode fit into a packet (RFC 6716 3.1). It also halves the cost.
  opus: ({ frameMs, constantBitrate }) => [
    '-c:a', 'libopus',
    '-application', 'voip',
    '-cutoff', '8000',
    '-compression_level', '5',
    '-frame_duration', String(frameMs),
    '-vbr', constantBitrate ? 'off' : 'on',
  ], // prettier-ignore
  // libfdk_aac's own choice would be frames of 512 samples, and SBR or none by the bitrate.
  'aac-eld': ({ frameMs, sampleRate }) => ['-c:a', 'libfdk_aac', '-profile:a', 'aac_eld', '-eld_sbr', '1', '-frame_length', String((frameMs * sampleRate) / 1000)],
};

/** What a viewer says as fragmented MP4 on stdin; on stdout G.711 without anything around it, or AAC as fragmented MP4. */
export function talkArguments(said: LiveCodec, { codec, clockRate, channels }: SpeakerFormat, gainDb: number): string[] {
  const packed = codec === 'aac' ? ['-aac_coder', 'fast', ...perFrameMp4] : ['-f', codec.replace('pcm_', ''), '-flush_packets', '1'];
  return [...spoken(said, gainDb), '-c:a', codec, '-ar', String(clockRate), '-ac', String(channels), ...packed, 'pipe:1'];
}

/** What a viewer says as fragmented MP4 on stdin, to wherever the user wants it. */
export function talkToTargetArguments(said: LiveCodec, to: TalkTarget, gainDb: number): string[] {
  return [...spoken(said, gainDb), '-c:a', to.codec, '-ar', '8000', '-ac', '1', '-flush_packets', '1', ...to.arguments, '-f', to.format, to.target];
}

/** Also the names of a query: they are words that FFmpeg's own messages have ("channel"). */
const betweenWords = /[?&;][^=?&;/]*=|[\s/?&=:;,|@#]+/;

/** Shorter words are no secrets, and blanking them would leave nothing of what FFmpeg says. */
const shortestSecret = 4;

/**
 * What FFmpeg must not be quoted with: the target, whatever of it comes after its host (a key is often part of the path), and the values among
 * the arguments; each also in its parts and without percent-encoding, as FFmpeg prints now this, now that.
 */
export function secretsOf(to: Pick<TalkTarget, 'target' | 'arguments'>): string[] {
  const [, credentials = '', behindHost = to.target] = /^[a-z][a-z0-9+.-]*:\/\/(?:(.*)@)?[^/?#]*(.*)$/is.exec(to.target) ?? [];
  const values = [credentials, behindHost, ...to.arguments.filter((argument) => !argument.startsWith('-'))];
  const words = values.flatMap((value) => [value, ...value.split(betweenWords)]);
  const secrets = [to.target, ...words].flatMap((word) => [word, percentDecoded(word)]);
  return [...new Set(secrets)].filter(({ length }) => length >= shortestSecret);
}

function spoken(said: LiveCodec, gainDb: number): string[] {
  return [...common, ...startAtOnce, ...decoders[said], '-f', 'mp4', '-i', 'pipe:0', '-map', '0:a:0', ...(gainDb === 0 ? [] : ['-af', `volume=${gainDb}dB`])];
}

/** FFmpeg's own decoder knows AAC-ELD neither at 16 kHz nor with SBR. */
const decoders: Readonly<Record<LiveCodec, readonly string[]>> = { opus: [], 'aac-eld': ['-c:a', 'libfdk_aac'] };

/** Rumble of wind and traffic, and hiss, whose level the filter follows. */
const noiseFilter = 'highpass=f=100,afftdn=nr=12:nf=-40:tn=1';

const cameraSound = [...common, ...startAtOnce, '-copyts', '-f', 'mov', '-i', 'pipe:0', '-map', '0:a:0'];

const encodedSound = ['-avoid_negative_ts', 'disabled', ...perFrameMp4, 'pipe:1'];
