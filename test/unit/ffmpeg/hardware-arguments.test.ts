import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { presetTable, type PresetName } from '../../../src/ffmpeg/hardware/presets.js';
import type { DecodeRequest, EncodeRequest, HardwareUse, RecordingConversionRequest } from '../../../src/ffmpeg/hardware/requests.js';
import { decodeArguments, encodeArguments, recordingConversionArguments } from '../../../src/ffmpeg/hardware/video-arguments.js';

// What all command lines share.
const quiet = '-hide_banner -nostdin -loglevel error';
const atOnce = '-analyzeduration 1 -fpsprobesize 0 -copyts';
const past = '-analyzeduration 1 -copyts';
const fmp4 = '-f mp4 -i pipe:0 -map 0:v:0';
const nut = '-f nut -i pipe:0 -map 0:v:0';
const times = '-fps_mode passthrough -enc_time_base 1:90000';
const toNut = '-c:v rawvideo -threads 1 -f nut -write_index 0 -flush_packets 1 pipe:1';
const toFmp4 = '-avoid_negative_ts disabled -f mp4 -movflags frag_every_frame+delay_moov+default_base_moof+skip_trailer -flush_packets 1 pipe:1';
const tenFps = "select='if(gte(t+0.01000,ld(0)),st(0,max(ld(0)+0.10000,t)),0)'";
const film = "select='if(gte(t,6.2)*gte(t+0.00417,ld(0)),st(0,max(ld(0)+0.04167,t)),0)'";
const live = '-b:v 300k -maxrate 300k -bufsize 60k -force_key_frames expr:if(isnan(prev_forced_t),1,gt(floor(t/2),floor(prev_forced_t/2)))';
const recorded = '-b:v 2000k -maxrate 2000k -bufsize 4000k -force_key_frames expr:if(isnan(prev_forced_t),1,gt(floor(t/3.95),floor(prev_forced_t/3.95)))';

/** For FFmpeg 8. No argument has a space in it, which the test holds too. */
const golden: Readonly<Record<PresetName, { readonly decode: string; readonly encode: string; readonly record: string }>> = {
  nvidia: {
    decode: `${quiet} -init_hw_device cuda=gpu ${atOnce} -flags +low_delay -hwaccel cuda -hwaccel_output_format cuda -hwaccel_device gpu -threads 1 -c:v hevc ${fmp4} -vf ${tenFps},scale_cuda=w=640:h=360:format=yuv420p,hwdownload,format=yuv420p,scale=out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} -init_hw_device cuda=gpu ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=yuv420p ${times} -c:v h264_nvenc -preset p4 -tune ull -rc cbr -zerolatency 1 -delay 0 -forced-idr 1 -bf 0 -profile:v baseline -level:v 31 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} -init_hw_device cuda=gpu ${past} -hwaccel cuda -hwaccel_output_format cuda -hwaccel_device gpu -threads 1 -c:v h264 ${fmp4} -vf ${film},scale_cuda=w=1920:h=1080:format=yuv420p,setsar=1,setparams=range=tv ${times} -c:v h264_nvenc -preset p4 -tune ull -rc cbr -zerolatency 1 -delay 0 -forced-idr 1 -bf 0 -profile:v high -level:v 40 ${recorded} -g 190 ${toFmp4}`,
  },
  qsv: {
    decode: `${quiet} -init_hw_device qsv=qs:hw ${atOnce} -flags +low_delay -hwaccel qsv -hwaccel_output_format qsv -hwaccel_device qs -async_depth 1 -c:v hevc_qsv ${fmp4} -vf ${tenFps},vpp_qsv=w=640:h=360:format=nv12:async_depth=1,hwdownload,format=nv12,scale=out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} -init_hw_device qsv=qs:hw ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=nv12 ${times} -c:v h264_qsv -preset veryfast -async_depth 1 -look_ahead 0 -forced_idr 1 -bf 0 -profile:v baseline -level:v 31 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} -init_hw_device qsv=qs:hw ${past} -hwaccel qsv -hwaccel_output_format qsv -hwaccel_device qs -async_depth 1 -c:v h264_qsv ${fmp4} -vf ${film},vpp_qsv=w=1920:h=1080:format=nv12:async_depth=1,setsar=1,setparams=range=tv ${times} -c:v h264_qsv -preset veryfast -async_depth 1 -look_ahead 0 -forced_idr 1 -bf 0 -profile:v high -level:v 40 ${recorded} -g 190 ${toFmp4}`,
  },
  vaapi: {
    decode: `${quiet} -init_hw_device vaapi=va -filter_hw_device va ${atOnce} -flags +low_delay -hwaccel vaapi -hwaccel_output_format vaapi -hwaccel_device va -hwaccel_flags +allow_profile_mismatch -threads 1 -c:v hevc ${fmp4} -vf ${tenFps},format=nv12|vaapi,hwupload,scale_vaapi=w=640:h=360:format=nv12,hwdownload,format=nv12,scale=out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} -init_hw_device vaapi=va -filter_hw_device va ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=nv12,hwupload ${times} -c:v h264_vaapi -rc_mode CBR -async_depth 1 -bf 0 -profile:v constrained_baseline -level:v 31 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} -init_hw_device vaapi=va -filter_hw_device va ${past} -hwaccel vaapi -hwaccel_output_format vaapi -hwaccel_device va -hwaccel_flags +allow_profile_mismatch -threads 1 -c:v h264 ${fmp4} -vf ${film},format=nv12|vaapi,hwupload,scale_vaapi=w=1920:h=1080:format=nv12,setsar=1,setparams=range=tv ${times} -c:v h264_vaapi -rc_mode CBR -async_depth 1 -bf 0 -profile:v high -level:v 40 ${recorded} -g 190 ${toFmp4}`,
  },
  videotoolbox: {
    decode: `${quiet} ${atOnce} -flags +low_delay -hwaccel videotoolbox -hwaccel_output_format videotoolbox_vld -threads 1 -c:v hevc ${fmp4} -vf ${tenFps},scale_vt=w=640:h=360,hwdownload,format=nv12,scale=out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=nv12 ${times} -c:v h264_videotoolbox -allow_sw 0 -prio_speed 1 -realtime 1 -flags:v +low_delay -bf 0 -profile:v baseline -level:v 3.1 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} ${past} -hwaccel videotoolbox -hwaccel_output_format videotoolbox_vld -threads 1 -c:v h264 ${fmp4} -vf ${film},scale_vt=w=1920:h=1080,setsar=1,setparams=range=tv ${times} -c:v h264_videotoolbox -allow_sw 0 -prio_speed 1 -bf 0 -profile:v high -level:v 4.0 ${recorded} -g 190 ${toFmp4}`,
  },
  amf: {
    decode: `${quiet} -init_hw_device d3d11va=dx ${atOnce} -flags +low_delay -hwaccel d3d11va -hwaccel_output_format d3d11 -hwaccel_device dx -threads 1 -c:v hevc ${fmp4} -vf ${tenFps},hwdownload,format=nv12,scale=w=640:h=360:out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} -init_hw_device d3d11va=dx ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=nv12 ${times} -c:v h264_amf -usage ultralowlatency -quality speed -rc cbr -enforce_hrd 1 -forced_idr 1 -profile:v constrained_baseline -level:v 31 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} -init_hw_device d3d11va=dx ${past} -hwaccel d3d11va -hwaccel_output_format d3d11 -hwaccel_device dx -threads 1 -c:v h264 ${fmp4} -vf ${film},hwdownload,format=nv12,scale=w=1920:h=1080:out_range=tv,setsar=1,format=nv12 ${times} -c:v h264_amf -usage ultralowlatency -quality speed -rc cbr -enforce_hrd 1 -forced_idr 1 -profile:v high -level:v 40 ${recorded} -g 190 ${toFmp4}`,
  },
  v4l2m2m: {
    decode: `${quiet} ${atOnce} -flags +low_delay -c:v h264_v4l2m2m ${fmp4} -vf ${tenFps},scale=w=640:h=360:out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=yuv420p ${times} -c:v h264_v4l2m2m -num_capture_buffers 16 -bf 0 -profile:v 66 -level:v 31 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} ${past} -c:v h264_v4l2m2m ${fmp4} -vf ${film},scale=w=1920:h=1080:out_range=tv,setsar=1,format=yuv420p ${times} -c:v h264_v4l2m2m -num_capture_buffers 16 -bf 0 -profile:v 100 -level:v 40 ${recorded} -g 190 ${toFmp4}`,
  },
  rkmpp: {
    decode: `${quiet} -init_hw_device rkmpp=rk ${atOnce} -flags +low_delay -hwaccel rkmpp -hwaccel_output_format drm_prime -hwaccel_device rk -c:v hevc_rkmpp ${fmp4} -vf ${tenFps},scale_rkrga=w=640:h=360:format=nv12:force_original_aspect_ratio=disable,hwdownload,format=nv12,scale=out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} -init_hw_device rkmpp=rk ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=nv12 ${times} -c:v h264_rkmpp -rc_mode CBR -bf 0 -profile:v 66 -level:v 31 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} -init_hw_device rkmpp=rk ${past} -hwaccel rkmpp -hwaccel_output_format drm_prime -hwaccel_device rk -c:v h264_rkmpp ${fmp4} -vf ${film},scale_rkrga=w=1920:h=1080:format=nv12:force_original_aspect_ratio=disable,setsar=1,setparams=range=tv ${times} -c:v h264_rkmpp -rc_mode CBR -bf 0 -profile:v 100 -level:v 40 ${recorded} -g 190 ${toFmp4}`,
  },
  software: {
    decode: `${quiet} ${atOnce} -flags +low_delay -c:v hevc ${fmp4} -vf ${tenFps},scale=w=640:h=360:out_range=tv,setsar=1,format=yuv420p ${times} ${toNut}`,
    encode: `${quiet} ${atOnce} ${nut} -vf setparams=range=tv,scale=w=640:h=360,setsar=1,format=yuv420p ${times} -c:v libx264 -preset superfast -tune zerolatency -threads 1 -x264-params fps=30 -sc_threshold 0 -bf 0 -profile:v baseline -level:v 3.1 ${live} -g 120 ${toFmp4}`,
    record: `${quiet} ${past} -c:v h264 ${fmp4} -vf ${film},scale=w=1920:h=1080:out_range=tv,setsar=1,format=yuv420p ${times} -c:v libx264 -preset superfast -tune zerolatency -threads 4 -x264-params fps=24 -sc_threshold 0 -bf 0 -profile:v high -level:v 4.0 ${recorded} -g 190 ${toFmp4}`,
  },
};

const decode: DecodeRequest = { codec: 'hevc', sourceWidth: 1920, sourceHeight: 1080, width: 640, height: 360, maxFps: 10 };
const encode: EncodeRequest = { sourceWidth: 1280, sourceHeight: 720, width: 640, height: 360, fps: 30, bitrateKbps: 300, profile: 'baseline', level: '3.1' };
const record: RecordingConversionRequest = {
  codec: 'h264', sourceWidth: 2560, sourceHeight: 1440, width: 1920, height: 1080,
  maxFps: 24, bitrateKbps: 2000, profile: 'high', level: '4.0', keyframeSeconds: 3.95, fromSeconds: 6.2,
}; // prettier-ignore

function use(name: PresetName, { libavutilMajor = 60, device }: { readonly libavutilMajor?: number; readonly device?: string } = {}): HardwareUse {
  return { preset: presetTable[name], device, ffmpeg: { path: 'ffmpeg', version: '', origin: '', libavutilMajor } };
}

/** What follows an option. */
function valueOf(option: string, args: readonly string[]): string | undefined {
  return args.includes(option) ? args[args.indexOf(option) + 1] : undefined;
}

describe.each(Object.keys(golden) as PresetName[])('%s', (name) => {
  const { decodes } = presetTable[name];
  const codec = decodes.includes('hevc') ? 'hevc' : 'h264';

  test('decode', () => expect(decodeArguments(use(name), { ...decode, codec })).toEqual(golden[name].decode.split(' ')));
  test('encode', () => expect(encodeArguments(use(name), encode)).toEqual(golden[name].encode.split(' ')));
  test('record', () => expect(recordingConversionArguments(use(name), use(name), record)).toEqual(golden[name].record.split(' ')));
  test('is told of in docs/hardware.md', () => expect(readFileSync('docs/hardware.md', 'utf8')).toContain(`\`${name}\``));
});

test('every preset is compared', () => {
  expect(Object.keys(golden).sort()).toEqual(Object.keys(presetTable).sort());
  expect(Object.entries(presetTable).every(([name, preset]) => preset.name === name)).toBe(true);
});

test.each([
  ['nvidia', '1', ['-init_hw_device', 'cuda=gpu:1']],
  ['qsv', '/dev/dri/renderD129', ['-init_hw_device', 'qsv=qs:hw,child_device=/dev/dri/renderD129']],
  ['vaapi', '/dev/dri/renderD129', ['-init_hw_device', 'vaapi=va:/dev/dri/renderD129', '-filter_hw_device', 'va']],
  ['amf', '1', ['-init_hw_device', 'd3d11va=dx:1']],
] as const)('%s: the device that the user names is opened, by decoder and encoder', (name, device, options) => {
  const first = quiet.split(' ').length;
  expect(decodeArguments(use(name, { device }), decode).slice(first, first + options.length)).toEqual(options);
  expect(encodeArguments(use(name, { device }), encode).slice(first, first + options.length)).toEqual(options);
});

test('FFmpeg 5.0 gets only what it knows', () => {
  const old = { libavutilMajor: 57 };
  expect(valueOf('-vsync', decodeArguments(use('software', old), decode))).toBe('passthrough');
  expect(decodeArguments(use('software', old), decode)).not.toContain('-fps_mode');
  expect(encodeArguments(use('vaapi', old), encode)).not.toContain('-async_depth');
  expect(encodeArguments(use('videotoolbox', old), encode)).not.toContain('-prio_speed');
  expect(valueOf('-vf', decodeArguments(use('videotoolbox', old), decode))).toBe(`${tenFps},hwdownload,format=nv12,scale=w=640:h=360:out_range=tv,setsar=1,format=yuv420p`);
});

test('an AMF that takes no forced keyframes counts pictures, so that none comes late', () => {
  const args = (libavutilMajor: number): string[] => encodeArguments(use('amf', { libavutilMajor }), encode);
  expect([valueOf('-g', args(59)), valueOf('-forced_idr', args(59))]).toEqual(['60', undefined]);
  expect([valueOf('-g', args(60)), valueOf('-forced_idr', args(60))]).toEqual(['120', '1']);
  expect(valueOf('-g', recordingConversionArguments(use('amf', { libavutilMajor: 59 }), use('amf', { libavutilMajor: 59 }), record))).toBe('94');
});

test('a picture that has its size already is converted on the device and not scaled', () => {
  const filters = (name: PresetName, more: Partial<DecodeRequest> = {}) => valueOf('-vf', decodeArguments(use(name), { ...decode, width: 1920, height: 1080, maxFps: undefined, ...more }));
  expect(filters('nvidia')).toBe('scale_cuda=format=yuv420p,hwdownload,format=yuv420p,scale=out_range=tv,setsar=1,format=yuv420p');
  expect(filters('videotoolbox')).toBe('hwdownload,format=nv12,scale=out_range=tv,setsar=1,format=yuv420p');
  expect(filters('software')).toBe('scale=out_range=tv,setsar=1,format=yuv420p');
});

test('10 bits are downloaded as such where the device does not make 8 of them', () => {
  const filters = (name: PresetName) => valueOf('-vf', decodeArguments(use(name), { ...decode, sourceBitDepth: 10 }));
  expect(filters('amf')).toContain('hwdownload,format=p010le,scale=w=640:h=360');
  expect(filters('videotoolbox')).toContain('scale_vt=w=640:h=360,hwdownload,format=p010le,');
  expect(filters('nvidia')).toContain('format=yuv420p,hwdownload,format=yuv420p,');
});

describe('a recording leaves the device', () => {
  const filters = (decoder: HardwareUse, encoder: HardwareUse, more: Partial<RecordingConversionRequest> = {}) =>
    valueOf('-vf', recordingConversionArguments(decoder, encoder, { ...record, ...more }))?.replace(`${film},`, '');

  test('for bars', () => {
    expect(filters(use('nvidia'), use('nvidia'), { sourceWidth: 2560, sourceHeight: 1920 })).toBe(
      'scale_cuda=w=1440:h=1080:format=yuv420p,hwdownload,format=yuv420p,scale=out_range=tv,setsar=1,pad=1920:1080:-1:-1,format=yuv420p',
    );
    expect(filters(use('vaapi'), use('vaapi'), { sourceWidth: 1080, sourceHeight: 1920 })).toBe(
      'format=nv12|vaapi,hwupload,scale_vaapi=w=608:h=1080:format=nv12,hwdownload,format=nv12,scale=out_range=tv,setsar=1,pad=1920:1080:-1:-1,format=nv12,hwupload',
    );
  });

  test('for limited range', () => {
    expect(filters(use('qsv'), use('qsv'), { sourceFullRange: true })).toBe(
      'vpp_qsv=w=1920:h=1080:format=nv12:async_depth=1,hwdownload,format=nv12,scale=out_range=tv,setsar=1,format=nv12',
    );
  });

  test('for 8 bits, where the device cannot', () => {
    expect(filters(use('videotoolbox'), use('videotoolbox'), { sourceBitDepth: 10 })).toContain('hwdownload,format=p010le');
    expect(filters(use('nvidia'), use('nvidia'), { sourceBitDepth: 10 })).toBe('scale_cuda=w=1920:h=1080:format=yuv420p,setsar=1,setparams=range=tv');
  });

  test('for an encoder of another kind', () => {
    expect(filters(use('nvidia'), use('software'))).toBe('scale_cuda=w=1920:h=1080:format=yuv420p,hwdownload,format=yuv420p,scale=out_range=tv,setsar=1,format=yuv420p');
    expect(filters(use('software'), use('vaapi'))).toBe('scale=w=1920:h=1080:out_range=tv,setsar=1,format=nv12,hwupload');
  });
});

test('presets mix: each opens its own device, once', () => {
  const mixed = recordingConversionArguments(use('nvidia', { device: '1' }), use('vaapi'), record);
  expect(mixed.slice(4, 10)).toEqual(['-init_hw_device', 'cuda=gpu:1', '-init_hw_device', 'vaapi=va', '-filter_hw_device', 'va']);
  expect(valueOf('-hwaccel', mixed)).toBe('cuda');
  expect(mixed).toContain('h264_vaapi');
  expect(recordingConversionArguments(use('nvidia'), use('nvidia'), record).filter((arg) => arg === '-init_hw_device')).toHaveLength(1);
});
