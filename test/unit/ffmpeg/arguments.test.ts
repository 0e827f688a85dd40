import { expect, test } from '@jest/globals';
import { decodedStillArguments, pictureStillArguments, stillArguments } from '../../../src/ffmpeg/arguments.js';
import { liveSoundArguments, recordedSoundArguments, soundTrialArguments, talkArguments, talkToTargetArguments } from '../../../src/ffmpeg/sound-arguments.js';

test('still: one JPEG that fits into what was asked', () => {
  expect(stillArguments({ width: 640, height: 360 })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-threads', '1', '-analyzeduration', '1', '-f', 'mp4', '-i', 'pipe:0', '-frames:v', '1',
    '-vf', "scale=w='min(640,iw)':h='min(360,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=full,format=yuvj420p",
    '-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe', 'pipe:1',
  ]); // prettier-ignore
});

test('still that is to be drawn into: decoded to exactly this size, in limited range, nothing around it', () => {
  expect(decodedStillArguments({ width: 640, height: 360 })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-threads', '1', '-analyzeduration', '1', '-f', 'mp4', '-i', 'pipe:0', '-map', '0:v:0', '-frames:v', '1',
    '-vf', 'scale=w=640:h=360:out_range=tv,format=yuv420p',
    '-f', 'rawvideo', 'pipe:1',
  ]); // prettier-ignore
});

test('still of decoded pictures: each at once, in full range, that fits into what was asked', () => {
  expect(pictureStillArguments({ width: 640, height: 360 }, 59)).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-threads', '1', '-probesize', '32', '-f', 'nut', '-i', 'pipe:0', '-map', '0:v:0',
    '-vf', "scale=w='min(640,iw)':h='min(360,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2:in_range=tv:out_range=full,format=yuvj420p",
    '-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-threads', '1', '-q:v', '4', '-f', 'image2pipe', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
  expect(pictureStillArguments({ width: 640, height: 360 }, 57)).toContain('-vsync');
});

test.each([
  ['as the camera sends it', { codec: 'opus', sampleRate: 16_000, bitrateKbps: 24, constantBitrate: false, frameMs: 20, gainDb: 0, lessNoise: false }, [], ['-frame_duration', '20', '-vbr', 'on', '-ar', '16000', '-ac', '1', '-b:a', '24k']],
  ['louder', { codec: 'opus', sampleRate: 24_000, bitrateKbps: 32, constantBitrate: true, frameMs: 10, gainDb: 6, lessNoise: false }, ['-af', 'volume=6dB'], ['-frame_duration', '10', '-vbr', 'off', '-ar', '24000', '-ac', '1', '-b:a', '32k']],
  ['softer, without noise', { codec: 'opus', sampleRate: 16_000, bitrateKbps: 24, constantBitrate: false, frameMs: 20, gainDb: -3, lessNoise: true }, ['-af', 'highpass=f=100,afftdn=nr=12:nf=-40:tn=1,volume=-3dB'], ['-frame_duration', '20', '-vbr', 'on', '-ar', '16000', '-ac', '1', '-b:a', '24k']],
] as const)('live sound: Opus, mono, times unchanged; %s', (_name, settings, filters, codec) => {
  expect(liveSoundArguments(settings)).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-analyzeduration', '1', '-copyts', '-f', 'mov', '-i', 'pipe:0', '-map', '0:a:0', ...filters,
    '-c:a', 'libopus', '-application', 'voip', '-cutoff', '8000', '-compression_level', '5', ...codec,
    '-avoid_negative_ts', 'disabled',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
});

test('live sound: AAC-ELD, with SBR and 480 samples a frame, which libfdk_aac would not choose by itself', () => {
  const settings = { codec: 'aac-eld', sampleRate: 16_000, bitrateKbps: 24, constantBitrate: false, frameMs: 30, gainDb: 6, lessNoise: false } as const;
  const encoder = ['-c:a', 'libfdk_aac', '-profile:a', 'aac_eld', '-eld_sbr', '1', '-frame_length', '480', '-ar', '16000', '-ac', '1', '-b:a', '24k'];
  const output = ['-avoid_negative_ts', 'disabled', '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1'];
  const quiet = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
  expect(liveSoundArguments(settings)).toEqual([...quiet, '-analyzeduration', '1', '-copyts', '-f', 'mov', '-i', 'pipe:0', '-map', '0:a:0', '-af', 'volume=6dB', ...encoder, ...output]);
  expect(soundTrialArguments(settings)).toEqual([...quiet, '-f', 'mulaw', '-ar', '16000', '-i', 'pipe:0', ...encoder, ...output]);
});

test.each([
  ['opus', []],
  ['aac-eld', ['-c:a', 'libfdk_aac']],
] as const)('what is said in %s, to a camera that plays G.711 and to where the user wants it', (said, decoder) => {
  const input = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-analyzeduration', '1', ...decoder, '-f', 'mp4', '-i', 'pipe:0', '-map', '0:a:0'];
  expect(talkArguments(said, { codec: 'pcm_alaw', clockRate: 8_000, channels: 1 }, 0)).toEqual([
    ...input, '-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '1', '-f', 'alaw', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
  expect(talkToTargetArguments(said, { target: 'udp://10.0.0.9:4000', format: 'mulaw', codec: 'pcm_mulaw', arguments: [] }, -6)).toEqual([
    ...input, '-af', 'volume=-6dB', '-c:a', 'pcm_mulaw', '-ar', '8000', '-ac', '1', '-flush_packets', '1', '-f', 'mulaw', 'udp://10.0.0.9:4000',
  ]); // prettier-ignore
});

test('recorded sound: AAC-LC, 32 kHz, mono, times unchanged', () => {
  expect(recordedSoundArguments({ bitrateKbps: 64 })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-analyzeduration', '1', '-copyts', '-f', 'mov', '-i', 'pipe:0',
    '-map', '0:a:0', '-c:a', 'aac', '-aac_coder', 'fast', '-ar', '32000', '-ac', '1', '-b:a', '64k',
    '-avoid_negative_ts', 'disabled',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
});
