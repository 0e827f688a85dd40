import { recordedSound } from '../media/aac-track.js';
import type { LiveSoundSettings } from '../policy/live-sound.js';
import { common, perFrameMp4, startAtOnce } from './arguments.js';

/** Command lines of the FFmpegs that do sound: the camera's own as fragmented MOV on stdin, what it becomes on stdout, with the same times. */

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
    '-compression_level', '5',
    '-frame_duration', String(frameMs),
    '-vbr', constantBitrate ? 'off' : 'on',
    '-ar', String(sampleRate),
    '-ac', '1',
    '-b:a', `${bitrateKbps}k`,
    ...encodedSound,
  ]; // prettier-ignore
}

/** Rumble of wind and traffic, and hiss, whose level the filter follows. */
const noiseFilter = 'highpass=f=100,afftdn=nr=12:nf=-40:tn=1';

const cameraSound = [...common, ...startAtOnce, '-copyts', '-f', 'mov', '-i', 'pipe:0', '-map', '0:a:0'];

const encodedSound = ['-avoid_negative_ts', 'disabled', ...perFrameMp4, 'pipe:1'];
