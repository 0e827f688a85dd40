import { expect, test } from '@jest/globals';
import { ingestArguments, recordedSoundArguments, recordingArguments, stillArguments, transcodeArguments } from '../../../src/ffmpeg/arguments.js';

test('ingest: copies the picture, a fragment a frame, and ends by itself when the camera is silent', () => {
  expect(ingestArguments({ url: 'rtsp://joe:secret@10.0.0.5/a b', transport: 'udp' })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000', '-timeout', '5000000',
    '-rtsp_transport', 'udp', '-allowed_media_types', 'video', '-i', 'rtsp://joe:secret@10.0.0.5/a b',
    '-map', '0:v:0', '-c', 'copy',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
});

test('ingest with sound: asks for both and copies the sound to a pipe of its own, four times a second', () => {
  expect(ingestArguments({ url: 'rtsp://10.0.0.5/a', transport: 'tcp', sound: 'mov' })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000', '-timeout', '5000000',
    '-rtsp_transport', 'tcp', '-allowed_media_types', 'video+audio', '-i', 'rtsp://10.0.0.5/a',
    '-map', '0:v:0', '-c', 'copy',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
    '-map', '0:a:0?', '-vn', '-c', 'copy',
    '-f', 'mov', '-movflags', 'delay_moov+default_base_moof+skip_trailer', '-frag_duration', '250000', '-frag_size', '2048', '-flush_packets', '1', 'pipe:3',
  ]); // prettier-ignore
});

test('still: one JPEG that fits into what was asked', () => {
  expect(stillArguments({ width: 640, height: 360 })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-threads', '1', '-analyzeduration', '1', '-f', 'mp4', '-i', 'pipe:0', '-frames:v', '1',
    '-vf', "scale=w='min(640,iw)':h='min(360,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=full,format=yuvj420p",
    '-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2pipe', 'pipe:1',
  ]); // prettier-ignore
});

const request = { width: 1280, height: 720, maxFps: 30, bitrateKbps: 299, profile: 'high', level: '3.1' } as const;

test('transcode: as asked, no B-frames, a keyframe every 2 s, times unchanged', () => {
  expect(transcodeArguments({ ...request, libavutilMajor: 59 })).toEqual([
    '-flags', '+low_delay', '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-analyzeduration', '1', '-copyts', '-f', 'mp4', '-i', 'pipe:0',
    '-map', '0:v:0',
    '-vf', "select='if(gte(t+0.00333,ld(0)),st(0,max(ld(0)+0.03333,t)),0)',scale=w='min(1280,iw)':h='min(720,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=tv,format=yuv420p",
    '-fps_mode', 'passthrough',
    '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'high', '-level:v', '3.1', '-bf', '0',
    '-b:v', '299k', '-maxrate', '299k', '-bufsize', '299k',
    '-force_key_frames', 'expr:gte(t,n_forced*2)', '-g', '60', '-sc_threshold', '0', '-color_range', 'tv',
    '-avoid_negative_ts', 'disabled',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
});

test('FFmpeg 5.0 is asked in its own words', () => {
  const args = transcodeArguments({ ...request, libavutilMajor: 57 });
  expect(args).toContain('-vsync');
  expect(args).not.toContain('-fps_mode');
});

test('recording: exactly the asked size, keyframes by time alone, as fast as the pictures come', () => {
  expect(recordingArguments({ ...request, width: 1920, height: 1080, bitrateKbps: 2000, level: '4.0', libavutilMajor: 59, keyframeSeconds: 3.95, fromSeconds: 6.2 })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-analyzeduration', '1', '-copyts', '-f', 'mp4', '-i', 'pipe:0',
    '-map', '0:v:0',
    '-vf', "select='if(gte(t,6.2)*gte(t+0.00333,ld(0)),st(0,max(ld(0)+0.03333,t)),0)',scale=w=1920:h=1080:force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=tv,pad=1920:1080:-1:-1,setsar=1,format=yuv420p",
    '-fps_mode', 'passthrough',
    '-c:v', 'libx264', '-preset', 'superfast', '-tune', 'zerolatency', '-profile:v', 'high', '-level:v', '4.0', '-bf', '0',
    '-b:v', '2000k', '-maxrate', '2000k', '-bufsize', '4000k',
    '-force_key_frames', 'expr:gte(t,n_forced*3.95)', '-g', '300', '-sc_threshold', '0', '-color_range', 'tv',
    '-avoid_negative_ts', 'disabled',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
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
