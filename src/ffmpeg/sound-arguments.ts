import { recordedSound } from '../media/aac-track.js';
import type { LiveSoundSettings } from '../policy/live-sound.js';
import type { TalkTarget } from '../policy/speaker-choice.js';
import type { SpeakerFormat } from '../policy/talk-format.js';
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

/**
 * Opus for a live view, mono. The effort is the highest without libopus's look at what is speech and what music, by which it would change
 * its mode from frame to frame: only frames of one mode fit into a packet (RFC 6716 3.1). It also halves the cost.
 */
export function liveSoundArguments({ sampleRate, bitrateKbps, constantBitrate, frameMs, gainDb, lessNoise }: LiveSoundSettings): string[] {
  const filters = [...(lessNoise ? [noiseFilter] : []), ...(gainDb === 0 ? [] : [`volume=${gainDb}dB`])];
  return [
    ...cameraSound,
    ...(filters.length === 0 ? [] : ['-af', filters.join(',')]),
    '-c:a', 'libopus',
    '-application', 'voip',
    '-cutoff', '8000',
    '-compression_level', '5',
    '-frame_duration', String(frameMs),
    '-vbr', constantBitrate ? 'off' : 'on',
    '-ar', String(sampleRate),
    '-ac', '1',
    '-b:a', `${bitrateKbps}k`,
    ...encodedSound,
  ]; // prettier-ignore
}

/** What a viewer says as fragmented MP4 on stdin; on stdout G.711 without anything around it, or AAC as fragmented MP4. */
export function talkArguments({ codec, clockRate, channels }: SpeakerFormat, gainDb: number): string[] {
  const packed = codec === 'aac' ? ['-aac_coder', 'fast', ...perFrameMp4] : ['-f', codec.replace('pcm_', ''), '-flush_packets', '1'];
  return [...spoken(gainDb), '-c:a', codec, '-ar', String(clockRate), '-ac', String(channels), ...packed, 'pipe:1'];
}

/** What a viewer says as fragmented MP4 on stdin, to wherever the user wants it. */
export function talkToTargetArguments(to: TalkTarget, gainDb: number): string[] {
  return [...spoken(gainDb), '-c:a', to.codec, '-ar', '8000', '-ac', '1', '-flush_packets', '1', ...to.arguments, '-f', to.format, to.target];
}

function spoken(gainDb: number): string[] {
  return [...common, ...startAtOnce, '-f', 'mp4', '-i', 'pipe:0', '-map', '0:a:0', ...(gainDb === 0 ? [] : ['-af', `volume=${gainDb}dB`])];
}

/** Rumble of wind and traffic, and hiss, whose level the filter follows. */
const noiseFilter = 'highpass=f=100,afftdn=nr=12:nf=-40:tn=1';

const cameraSound = [...common, ...startAtOnce, '-copyts', '-f', 'mov', '-i', 'pipe:0', '-map', '0:a:0'];

const encodedSound = ['-avoid_negative_ts', 'disabled', ...perFrameMp4, 'pipe:1'];
