import type { VideoCodec } from '../../media/access-unit.js';

/** Each kind of hardware as data: what an FFmpeg and a machine need for it, and how its command lines are spelled. */

/** The names that the option "hardware" takes, besides "auto". */
export type PresetName = 'nvidia' | 'qsv' | 'vaapi' | 'videotoolbox' | 'amf' | 'v4l2m2m' | 'rkmpp' | 'software';

export type H264Profile = 'baseline' | 'main' | 'high';
export type H264Level = '3.1' | '3.2' | '4.0';

/** One kind of hardware. */
export interface HardwarePreset {
  readonly name: PresetName;
  /** For the person at home: 'NVIDIA', 'Intel Quick Sync'. */
  readonly label: string;
  readonly platforms: readonly NodeJS.Platform[];
  /** On Linux at least one such file must be there. Other systems have no files for devices. */
  readonly devices?: DeviceFiles | undefined;
  readonly needs: FfmpegNeeds;
  /** What it decodes; empty: nothing. See also `canDecode`. */
  readonly decodes: readonly VideoCodec[];
  readonly encodes: boolean;
  /** Options that open the device; without a name the preset's default device, which FFmpeg finds. Absent: nothing is opened. */
  readonly open?: ((device?: string) => readonly string[]) | undefined;
  readonly decoding: Decoding;
  readonly encoding: Encoding;
}

export interface DeviceFiles {
  readonly folder: string;
  /** Of the names in the folder. */
  readonly pattern: RegExp;
}

/** What an FFmpeg must list; the command lines use these names. */
export interface FfmpegNeeds {
  /** In `-hwaccels`. */
  readonly hwaccel?: string | undefined;
  /** In `-decoders`. Those of FFmpeg itself hand the work to the hwaccel, and take it over where that cannot do it. */
  readonly decoders: Partial<Record<VideoCodec, string>>;
  /** In `-encoders`. */
  readonly encoder: string;
}

export interface Decoding {
  /** Options in front of the input, besides the hwaccel and the decoder. */
  readonly options?: readonly string[] | undefined;
  /** As `-hwaccel_output_format`: the pictures stay on the device. Absent: they come out in memory, in whatever format they have. */
  readonly surface?: string | undefined;
  /** Filters in front of all others. */
  readonly first?: readonly string[] | undefined;
  /** Scales on the device, where the pictures are there. */
  readonly scaler?: DeviceScaler | undefined;
  /** FFmpeg's libavutil major version from which decoding is broken. */
  readonly brokenSinceLibavutil?: number | undefined;
}

export interface DeviceScaler {
  readonly filter: string;
  /** 8-bit pixel format that it also converts to, and that is then downloaded. Absent: it keeps NV12, or P010 of 10-bit pictures. */
  readonly format?: 'nv12' | 'yuv420p' | undefined;
  readonly options?: readonly string[] | undefined;
  /** The first libavutil major version whose every release has the filter. */
  readonly sinceLibavutil?: number | undefined;
}

export interface Encoding {
  /** Filters that bring I420 from memory to where and how the encoder takes it. */
  readonly upload: readonly string[];
  /** Whether the encoder takes pictures from the device as the decoder of this preset leaves them there. */
  readonly takesSurfaces: boolean;
  /** The encoder's own options: rate control, no delay, no B-frames, forced keyframes that decoding can start at. */
  readonly settings: (job: EncodingJob) => readonly string[];
  readonly profiles: Readonly<Record<H264Profile, string>>;
  readonly levels: Readonly<Record<H264Level, string>>;
  /** The libavutil major version from which `-force_key_frames` gives IDR pictures. Absent: always. Infinity: never, they are counted. */
  readonly forcesKeyframesSinceLibavutil?: number | undefined;
}

export interface EncodingJob {
  readonly purpose: 'live' | 'recording';
  /** Of the picture that comes out. */
  readonly height: number;
  /** The highest rate that pictures come at. */
  readonly fps: number;
  readonly libavutilMajor: number;
}

const native = { h264: 'h264', hevc: 'hevc' } as const;
const renderNodes: DeviceFiles = { folder: '/dev/dri', pattern: /^renderD\d+$/ };
const both = ['h264', 'hevc'] as const;

/** Level words are not the same everywhere, `level_idc` is. */
const levelNumbers = { '3.1': '31', '3.2': '32', '4.0': '40' } as const;
const levelWords = { '3.1': '3.1', '3.2': '3.2', '4.0': '4.0' } as const;
const profileWords = { baseline: 'baseline', main: 'main', high: 'high' } as const;
const constrainedProfileWords = { baseline: 'constrained_baseline', main: 'main', high: 'high' } as const;
/** `profile_idc`. */
const profileNumbers = { baseline: '66', main: '77', high: '100' } as const;

export const presetTable: Readonly<Record<PresetName, HardwarePreset>> = {
  nvidia: {
    name: 'nvidia',
    label: 'NVIDIA',
    platforms: ['linux', 'win32'],
    // dxg: Linux inside Windows (WSL 2).
    devices: { folder: '/dev', pattern: /^(nvidia\d+|dxg)$/ },
    needs: { hwaccel: 'cuda', decoders: native, encoder: 'h264_nvenc' },
    decodes: both,
    encodes: true,
    open: (device) => ['-init_hw_device', named('cuda=gpu', device)],
    decoding: { options: ['-hwaccel_device', 'gpu', '-threads', '1'], surface: 'cuda', scaler: { filter: 'scale_cuda', format: 'yuv420p' } },
    encoding: {
      upload: ['format=yuv420p'],
      takesSurfaces: true,
      settings: () => ['-preset', 'p4', '-tune', 'ull', '-rc', 'cbr', '-zerolatency', '1', '-delay', '0', '-forced-idr', '1', '-bf', '0'],
      profiles: profileWords,
      levels: levelNumbers,
    },
  },
  qsv: {
    name: 'qsv',
    label: 'Intel Quick Sync',
    platforms: ['linux', 'win32'],
    devices: renderNodes,
    needs: { hwaccel: 'qsv', decoders: { h264: 'h264_qsv', hevc: 'hevc_qsv' }, encoder: 'h264_qsv' },
    decodes: both,
    encodes: true,
    open: (device) => ['-init_hw_device', device === undefined ? 'qsv=qs:hw' : `qsv=qs:hw,child_device=${device}`],
    decoding: {
      options: ['-hwaccel_device', 'qs', '-async_depth', '1'],
      surface: 'qsv',
      scaler: { filter: 'vpp_qsv', format: 'nv12', options: ['async_depth=1'] },
    },
    encoding: {
      upload: ['format=nv12'],
      takesSurfaces: true,
      // Constant bitrate comes of maxrate being the bitrate. `low_delay_brc` is for variable bitrate, and unknown to 5.0.
      settings: () => ['-preset', 'veryfast', '-async_depth', '1', '-look_ahead', '0', '-forced_idr', '1', '-bf', '0'],
      profiles: profileWords,
      levels: levelNumbers,
    },
  },
  vaapi: {
    name: 'vaapi',
    label: 'VAAPI (Intel, AMD)',
    platforms: ['linux'],
    devices: renderNodes,
    needs: { hwaccel: 'vaapi', decoders: native, encoder: 'h264_vaapi' },
    decodes: both,
    encodes: true,
    open: (device) => ['-init_hw_device', named('vaapi=va', device), '-filter_hw_device', 'va'],
    decoding: {
      // Cameras announce Baseline and send Constrained Baseline, which is what drivers know.
      options: ['-hwaccel_device', 'va', '-hwaccel_flags', '+allow_profile_mismatch', '-threads', '1'],
      surface: 'vaapi',
      // What the driver cannot decode comes from the software decoder.
      first: ['format=nv12|vaapi', 'hwupload'],
      scaler: { filter: 'scale_vaapi', format: 'nv12' },
    },
    encoding: {
      upload: ['format=nv12', 'hwupload'],
      takesSurfaces: true,
      // async_depth came with 5.1; 57 is also 5.0.
      settings: ({ libavutilMajor }) => ['-rc_mode', 'CBR', ...(libavutilMajor >= 58 ? ['-async_depth', '1'] : []), '-bf', '0'],
      profiles: constrainedProfileWords,
      levels: levelNumbers,
    },
  },
  videotoolbox: {
    name: 'videotoolbox',
    label: 'Apple VideoToolbox',
    platforms: ['darwin'],
    needs: { hwaccel: 'videotoolbox', decoders: native, encoder: 'h264_videotoolbox' },
    decodes: both,
    encodes: true,
    // scale_vt came with 6.1; 58 is also 6.0.
    decoding: { options: ['-threads', '1'], surface: 'videotoolbox_vld', scaler: { filter: 'scale_vt', sinceLibavutil: 59 } },
    encoding: {
      upload: ['format=nv12'],
      takesSurfaces: true,
      // Without low_delay it holds ten pictures back. prio_speed came during 5.x.
      settings: ({ purpose, libavutilMajor }) => [
        '-allow_sw', '0',
        ...(libavutilMajor >= 58 ? ['-prio_speed', '1'] : []),
        ...(purpose === 'live' ? ['-realtime', '1', '-flags:v', '+low_delay'] : []),
        '-bf', '0',
      ], // prettier-ignore
      profiles: profileWords,
      levels: levelWords,
    },
  },
  amf: {
    name: 'amf',
    label: 'AMD AMF',
    platforms: ['win32'],
    needs: { hwaccel: 'd3d11va', decoders: native, encoder: 'h264_amf' },
    decodes: both,
    encodes: true,
    open: (device) => ['-init_hw_device', named('d3d11va=dx', device)],
    decoding: { options: ['-hwaccel_device', 'dx', '-threads', '1'], surface: 'd3d11' },
    encoding: {
      upload: ['format=nv12'],
      takesSurfaces: true,
      // `-bf 0` would be refused without max_b_frames, which only newer ones know; this usage has none.
      settings: ({ libavutilMajor }) => [
        '-usage', 'ultralowlatency', '-quality', 'speed', '-rc', 'cbr', '-enforce_hrd', '1',
        ...(libavutilMajor >= 60 ? ['-forced_idr', '1'] : []),
      ], // prettier-ignore
      profiles: constrainedProfileWords,
      levels: levelNumbers,
      forcesKeyframesSinceLibavutil: 60,
    },
  },
  v4l2m2m: {
    name: 'v4l2m2m',
    label: 'Raspberry Pi (V4L2)',
    platforms: ['linux'],
    devices: { folder: '/dev', pattern: /^video\d+$/ },
    needs: { decoders: { h264: 'h264_v4l2m2m' }, encoder: 'h264_v4l2m2m' },
    decodes: ['h264'],
    encodes: true,
    decoding: { brokenSinceLibavutil: 59 },
    encoding: {
      upload: ['format=yuv420p'],
      takesSurfaces: false,
      // With the default of four buffers the Pi's encoder stalls.
      settings: () => ['-num_capture_buffers', '16', '-bf', '0'],
      profiles: profileNumbers,
      levels: levelNumbers,
    },
  },
  rkmpp: {
    name: 'rkmpp',
    label: 'Rockchip MPP',
    platforms: ['linux'],
    devices: { folder: '/dev', pattern: /^mpp_service$/ },
    needs: { hwaccel: 'rkmpp', decoders: { h264: 'h264_rkmpp', hevc: 'hevc_rkmpp' }, encoder: 'h264_rkmpp' },
    decodes: both,
    encodes: true,
    open: () => ['-init_hw_device', 'rkmpp=rk'],
    decoding: {
      options: ['-hwaccel_device', 'rk'],
      surface: 'drm_prime',
      // It would keep the source's shape, and miss the size by a line.
      scaler: { filter: 'scale_rkrga', format: 'nv12', options: ['force_original_aspect_ratio=disable'] },
    },
    encoding: {
      upload: ['format=nv12'],
      takesSurfaces: true,
      settings: () => ['-rc_mode', 'CBR', '-bf', '0'],
      profiles: profileNumbers,
      levels: levelNumbers,
    },
  },
  software: {
    name: 'software',
    label: 'software',
    platforms: ['linux', 'darwin', 'win32'],
    needs: { decoders: native, encoder: 'libx264' },
    decodes: both,
    encodes: true,
    decoding: {},
    encoding: {
      upload: ['format=yuv420p'],
      takesSurfaces: false,
      // Told the rate: it would take the distance of the first two pictures for it, and miss the bitrate by as much as they differ. By the
      // pictures' own times (force-cfr=0) it would hold each back until the next.
      settings: ({ purpose, height, fps }) => [
        '-preset', 'superfast', '-tune', 'zerolatency', '-threads', x264Threads(purpose, height), '-x264-params', `fps=${fps}`,
        '-sc_threshold', '0', '-bf', '0',
      ], // prettier-ignore
      profiles: profileWords,
      levels: levelWords,
    },
  },
};

/** Whether the preset decodes this with an FFmpeg of that libavutil major version, as far as is known without trying. */
export function canDecode({ decodes, decoding }: HardwarePreset, codec: VideoCodec, libavutilMajor: number): boolean {
  return decodes.includes(codec) && libavutilMajor < (decoding.brokenSinceLibavutil ?? Infinity);
}

function named(kind: string, device: string | undefined): string {
  return device === undefined ? kind : `${kind}:${device}`;
}

/**
 * Threads cost no processor time, but slices: two are as good as one at 300 kbit/s and a third faster, four cost 0.15 dB, eight 0.25.
 * A recording has bits to spare, and its first fragment is waited for.
 */
function x264Threads(purpose: EncodingJob['purpose'], height: number): string {
  if (purpose === 'recording') {
    return '4';
  }
  return height > 360 ? '2' : '1';
}
