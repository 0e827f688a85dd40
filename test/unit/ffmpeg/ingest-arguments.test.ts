import { expect, test } from '@jest/globals';
import { presetTable } from '../../../src/ffmpeg/hardware/presets.js';
import type { HardwareUse } from '../../../src/ffmpeg/hardware/requests.js';
import { ingestArguments, lookArguments, type IngestRequest } from '../../../src/ffmpeg/ingest-arguments.js';
import { inputArguments, type IngestInput } from '../../../src/ffmpeg/input-arguments.js';
import { ingestEncoding } from '../../../src/policy/ingest-encoding.js';
import { unturned } from '../../../src/policy/picture-turn.js';

const plain: Omit<IngestRequest, 'input'> = { picture: { mode: 'copy' }, patient: false, times: 'camera', jpegs: false };

test('ingest: copies the picture, a fragment a frame, and ends by itself when the camera is silent', () => {
  expect(ingestArguments({ ...plain, input: { kind: 'rtsp', url: 'rtsp://joe:secret@10.0.0.5/a b', transport: 'udp' } })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000', '-timeout', '5000000',
    '-rtsp_transport', 'udp', '-buffer_size', '4194304', '-allowed_media_types', 'video', '-i', 'rtsp://joe:secret@10.0.0.5/a b',
    '-map', '0:v:0', '-c', 'copy',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
});

test('ingest of a camera whose parameter sets come late, and whose times are of no use', () => {
  expect(ingestArguments({ ...plain, patient: true, times: 'arrival', input: { kind: 'rtsp', url: 'rtsp://10.0.0.5/a', transport: 'tcp' } })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '12000000', '-probesize', '50000000', '-use_wallclock_as_timestamps', '1', '-timeout', '5000000',
    '-rtsp_transport', 'tcp', '-allowed_media_types', 'video', '-i', 'rtsp://10.0.0.5/a',
    '-map', '0:v:0', '-c', 'copy',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
  ]); // prettier-ignore
});

test('ingest with sound: asks for both and copies the sound to a pipe of its own, at once', () => {
  expect(ingestArguments({ ...plain, input: { kind: 'rtsp', url: 'rtsp://10.0.0.5/a', transport: 'tcp' }, sound: 'mov' })).toEqual([
    '-hide_banner', '-nostdin', '-loglevel', 'error',
    '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000', '-timeout', '5000000',
    '-rtsp_transport', 'tcp', '-dts_error_threshold', '1e10', '-allowed_media_types', 'video+audio', '-i', 'rtsp://10.0.0.5/a',
    '-map', '0:v:0', '-c', 'copy',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
    '-map', '0:a:0?', '-vn', '-c', 'copy',
    '-f', 'mov', '-movflags', 'delay_moov+default_base_moof+skip_trailer', '-frag_duration', '40000', '-frag_size', '512', '-flush_packets', '1', 'pipe:3',
  ]); // prettier-ignore
});

const software: HardwareUse = { ffmpeg: { path: 'ffmpeg', version: '7.0', libavutilMajor: 59, origin: 'test' }, preset: presetTable.software };
const start = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
const look = ['-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000'];
const mp4 = ['-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1'];
const copied = ['-map', '0:v:0', '-c', 'copy', ...mp4];

test.each<[string, IngestInput, readonly string[]]>([
  ['a stream by HTTP', { kind: 'http', url: 'http://10.0.0.5/a.ts', content: 'stream' }, ['-rw_timeout', '5000000', '-i', 'http://10.0.0.5/a.ts']],
  ['arguments', { kind: 'arguments', arguments: ['-f', 'v4l2', '-i', '/dev/video0'] }, ['-f', 'v4l2', '-i', '/dev/video0']],
])('ingest of %s', (_, input, opening) => {
  expect(ingestArguments({ ...plain, input })).toEqual([...start, ...look, ...opening, ...copied]);
});

test('ingest of what has no times, and whose parameter sets come late', () => {
  const args = ingestArguments({ ...plain, input: { kind: 'rtmp', url: 'rtmp://10.0.0.5/a' }, patient: true, times: 'arrival' });
  expect(args).toEqual([...start, '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '12000000', '-probesize', '50000000', '-use_wallclock_as_timestamps', '1', '-rw_timeout', '2500000', '-i', 'rtmp://10.0.0.5/a', ...copied]);
});

test('the sound of several inputs is that of the last one, and a test tone is encoded', () => {
  const args = ingestArguments({ ...plain, input: { kind: 'arguments', arguments: ['-f', 'v4l2', '-i', '/dev/video0', '-f', 'alsa', '-i', 'hw:1'] }, sound: 'mov' });
  expect(args.slice(args.lastIndexOf('-map')).slice(0, 5)).toEqual(['-map', '1:a:0?', '-vn', '-c', 'copy']);
  const tone = ingestArguments({ ...plain, input: { kind: 'test', startSeconds: 0, width: 320, height: 180, fps: 5 }, sound: 'mov' });
  expect(tone.slice(tone.lastIndexOf('-map')).slice(0, 11)).toEqual(['-map', '1:a:0?', '-vn', '-c:a', 'aac', '-aac_coder', 'fast', '-ac', '1', '-b:a', '64k']);
  expect(tone.filter((argument) => argument === '-re')).toHaveLength(2);
});

test('ingest of MJPEG: encoded once for all, and some of the JPEGs passed on as they are', () => {
  const seen = { codec: 'mjpeg', width: 1280, height: 720, fps: 15, pixelFormat: 'yuvj422p' };
  const picture = { mode: 'encode', decode: software, encode: software, seen, turn: unturned, settings: ingestEncoding(seen, unturned) } as const;
  expect(ingestArguments({ ...plain, input: { kind: 'arguments', arguments: ['-i', 'http://10.0.0.5/a'] }, picture, jpegs: true })).toEqual([
    ...start, ...look, '-i', 'http://10.0.0.5/a',
    '-map', '0:v:0',
    '-vf', "select='if(gte(t+0.00667,ld(0)),st(0,max(ld(0)+0.06667,t)),0)',scale=w=1280:h=720:out_range=tv,format=yuv420p,setsar=1,format=yuv420p",
    '-fps_mode', 'passthrough', '-enc_time_base', '1:90000', '-c:v', 'libx264',
    '-preset', 'superfast', '-tune', 'zerolatency', '-threads', expect.any(String), '-x264-params', 'fps=15', '-sc_threshold', '0', '-bf', '0',
    '-profile:v', 'high', '-level:v', '4.0', '-b:v', '1131k', '-maxrate', '1131k', '-bufsize', '1131k',
    '-force_key_frames', 'expr:if(isnan(prev_forced_t),1,gt(floor(t/2),floor(prev_forced_t/2)))', '-g', '60', '-avoid_negative_ts', 'disabled',
    ...mp4,
    '-map', '0:v:0', '-c', 'copy', '-bsf:v', "noise=amount=0:drop='if(gte(pts*tb,ld(0))+gt(ld(0)-pts*tb,0.5),0*st(0,pts*tb+0.5),1)'", '-f', 'image2pipe', '-flush_packets', '1', 'pipe:3',
  ]); // prettier-ignore
});

test('ingest of a camera that hangs askew: decoded and encoded by the same hardware, cropped, turned and mirrored between', () => {
  const vaapi: HardwareUse = { ...software, preset: presetTable.vaapi, device: '/dev/dri/renderD128' };
  const seen = { codec: 'hevc', width: 2560, height: 1440, fps: 20 };
  const turn = { rotate: 90, flip: 'horizontal', crop: { left: 10, right: 0, top: 0, bottom: 25 } } as const;
  const args = ingestArguments({ ...plain, input: { kind: 'rtsp', url: 'rtsp://10.0.0.5/a', transport: 'tcp' }, picture: { mode: 'encode', decode: vaapi, encode: vaapi, seen, turn, settings: ingestEncoding(seen, turn) } });
  expect(args.slice(start.length, args.indexOf('-fflags'))).toEqual(['-init_hw_device', 'vaapi=va:/dev/dri/renderD128', '-filter_hw_device', 'va', '-hwaccel', 'vaapi', '-hwaccel_output_format', 'vaapi', '-hwaccel_device', 'va', '-hwaccel_flags', '+allow_profile_mismatch', '-threads', '1', '-c:v', 'hevc']);
  const crop = "crop=w='max(2,2*floor((iw-iw*0/100)/2)-2*floor(iw*10/100/2))':h='max(2,2*floor((ih-ih*25/100)/2)-2*floor(ih*0/100/2))':x='2*floor(iw*10/100/2)':y='2*floor(ih*0/100/2)'";
  const filters = `${crop},transpose=clock,hflip,scale=w=900:h=1920:out_range=tv,format=yuv420p,setsar=1,format=nv12,hwupload`;
  expect(args[args.indexOf('-vf') + 1]?.slice(-filters.length)).toBe(filters);
});

test('a look connects as the ingest does, and asks for nothing', () => {
  expect(lookArguments({ kind: 'rtmp', url: 'rtmp://10.0.0.5/a' }, { patient: false, times: 'camera' })).toEqual(['-hide_banner', '-nostdin', '-loglevel', 'info', ...look, '-rw_timeout', '2500000', '-i', 'rtmp://10.0.0.5/a']);
});

test('ingest with sound that no container holds: decodes and encodes that alone', () => {
  const args = ingestArguments({ ...plain, input: { kind: 'rtsp', url: 'rtsp://10.0.0.5/a', transport: 'tcp' }, sound: 'encoded' });
  expect(args.slice(args.indexOf('-map'))).toEqual([
    '-map', '0:v:0', '-c', 'copy',
    '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1',
    '-map', '0:a:0?', '-vn', '-c:a', 'aac', '-aac_coder', 'fast', '-ac', '1', '-b:a', '64k',
    '-f', 'mov', '-movflags', 'delay_moov+default_base_moof+skip_trailer', '-frag_duration', '40000', '-frag_size', '512', '-flush_packets', '1', 'pipe:3',
  ]); // prettier-ignore
});

test.each<[string, IngestInput, readonly string[]]>([
  ['RTMP', { kind: 'rtmp', url: 'rtmp://10.0.0.5/live/x' }, ['-rw_timeout', '2500000', '-i', 'rtmp://10.0.0.5/live/x']],
  ['SRT', { kind: 'srt', url: 'srt://10.0.0.5:9000' }, ['-rw_timeout', '5000000', '-i', 'srt://10.0.0.5:9000']],
  ['HTTP', { kind: 'http', url: 'http://10.0.0.5/x', content: 'stream' }, ['-rw_timeout', '5000000', '-i', 'http://10.0.0.5/x']],
  ['HLS', { kind: 'http', url: 'http://10.0.0.5/x.m3u8', content: 'hls' }, ['-rw_timeout', '2500000', '-live_start_index', '-2', '-re', '-i', 'http://10.0.0.5/x.m3u8']],
  ['inside HTTP', { kind: 'rtsp', url: 'rtsp://10.0.0.5/x', transport: 'http' }, ['-timeout', '5000000', '-rtsp_transport', 'http', '-allowed_media_types', 'video', '-i', 'rtsp://10.0.0.5/x']],
  ['whatever FFmpeg reads', { kind: 'arguments', arguments: ['-f', 'alsa', '-i', 'hw:1'] }, ['-f', 'alsa', '-i', 'hw:1']],
])('an input of %s ends by itself when nothing comes', (_name, input, expected) => {
  expect(inputArguments(input, { sound: false, patient: false, times: 'camera' })).toEqual(['-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000', ...expected]);
});

const encoded: IngestRequest['picture'] = {
  mode: 'encode',
  decode: software,
  encode: software,
  seen: { codec: 'mjpeg', width: 640, height: 480 },
  turn: unturned,
  settings: { width: 640, height: 480, fps: 30, bitrateKbps: 1_400, profile: 'high', level: '4.0' },
};

test('ingest of JPEGs on stdin: nothing is looked at for longer than needed, and no thread keeps a picture back', () => {
  const args = ingestArguments({ ...plain, input: { kind: 'jpegs' }, picture: encoded });
  expect(args.slice(4, 18)).toEqual([
    '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000',
    '-threads', '1', '-probesize', '32', '-fpsprobesize', '0', '-f', 'nut', '-i', 'pipe:0',
  ]); // prettier-ignore
  expect(args).not.toContain('pipe:3');
});

test('ingest of a device that sends JPEGs: two a second go to a pipe of their own as they are', () => {
  const mode = { format: 'mjpeg', width: 640, height: 480, fps: 30 };
  const args = ingestArguments({ ...plain, input: { kind: 'device', system: 'v4l2', device: '/dev/video0', mode }, picture: encoded, jpegs: true });
  expect(args.slice(args.indexOf('pipe:1') + 1)).toEqual([
    '-map', '0:v:0', '-c', 'copy', '-bsf:v', "noise=amount=0:drop='if(gte(pts*tb,ld(0))+gt(ld(0)-pts*tb,0.5),0*st(0,pts*tb+0.5),1)'",
    '-f', 'image2pipe', '-flush_packets', '1', 'pipe:3',
  ]); // prettier-ignore
});

test.each([
  ['copied', { mode: 'copy', input: 1 }],
  ['encoded', { ...encoded, seen: { ...encoded.seen, input: 1 } }],
] as const)('a picture in the second of two inputs is %s, and the sound is in the first', (_, picture) => {
  const args = ingestArguments({ ...plain, input: { kind: 'arguments', arguments: ['-f', 'alsa', '-i', 'hw:1', '-f', 'v4l2', '-i', '/dev/video0'] }, picture, sound: 'mov' });
  expect(args.filter((_argument, index) => args[index - 1] === '-map')).toEqual(['1:v:0', '0:a:0?']);
});
