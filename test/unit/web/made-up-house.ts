import { hardwareStatus } from '../../../src/ffmpeg/hardware/report.js';
import type { VideoStatus } from '../../../src/pipeline/camera-status.js';
import type { CameraOfHouse, HouseStatus } from '../../../src/web/house-status.js';

/** As far as tests of its text need one. */
export const emptyHouse: HouseStatus = {
  version: '1.2.3',
  uptimeSeconds: 3600.5,
  ffmpeg: { path: '/usr/bin/ffmpeg', version: '5.1.9', origin: 'PATH' },
  hardware: hardwareStatus({ kind: 'unwanted' }, { tried: [], untried: [] }),
  resources: {
    machine: { percent: 12.5, cores: 1.5, limitedBy: 'container', memoryTotalBytes: 2_147_483_648, memoryAvailableBytes: 1_000_000_000 },
    loadPercent: 29.1,
    gpus: [{ label: 'i915 0000:00:02.0', busyPercent: 7, memoryBytes: 4096 }],
    process: { cpuPercent: 3.3, memoryMiB: 120 },
    shared: [{ role: 'still', stream: undefined, hardware: undefined, cpuPercent: 0, memoryMiB: 20 }],
    transcodes: 1,
    limited: ['no further live view is converted for now, as the machine is 95 % busy'],
  },
  cameras: [],
};

const main: VideoStatus = {
  name: 'main',
  state: 'live',
  forSeconds: 61.2,
  away: undefined,
  picture: { codec: 'h264', profile: 'High', level: '4.0', width: 1920, height: 1080, fps: 29.9, bitrateKbps: 4000, keyframeIntervalMs: 2000, bFrames: false },
  sound: { codec: 'aac', sampleRate: 16_000, channels: 1 },
  connections: 3,
  reconnects: 2,
  reconnectsLastHour: 1,
  leases: ['recording armed', 'decoder', 'live view'],
  ringBytes: 5_000_000,
  ringReachMs: 10_033,
  decoder: { plan: '1280x720, 30 fps', by: 'software, as nothing else is wanted', processes: 1, starts: 1, failures: 0, leases: ['motion'], pool: { slots: 7, slotBytes: 1_382_400, bytes: 5_529_600, inUse: 1, published: 1234, dropped: 5 } },
  renditions: [],
  sounds: [{ rendition: 'Opus 16000 Hz, 24 kbit/s, 20 ms', starts: 1, failures: 0, leases: ['live view'] }],
  encoders: { dropped: 7, failures: 1 },
};

const sub: VideoStatus = {
  ...main,
  name: 'sub',
  state: 'waiting',
  away: { forSeconds: 12.5, code: 'camera-unreachable', because: 'the camera cannot be reached (connection refused)' },
  picture: undefined,
  sound: undefined,
  connections: 9,
  reconnects: 0,
  reconnectsLastHour: 0,
  leases: [],
  ringBytes: 0,
  ringReachMs: 0,
  decoder: { ...main.decoder, plan: undefined, by: undefined, processes: 0, pool: { ...main.decoder.pool, published: 0, dropped: 0 } },
  encoders: { dropped: 0, failures: 0 },
};

export function cameraOfHouse(): CameraOfHouse {
  const shown = { mode: 'copy', stream: 'main', because: 'main stream, nearest to 1280x720, goes out as it is', asked: { width: 1280, height: 720, fps: 30, bitrateKbps: 299 }, picture: main.picture } as const;
  const view = { viewer: '192.0.2.7', state: 'streaming', forSeconds: 5, shown, sound: { stream: 'main', rendition: 'Opus 16000 Hz, 24 kbit/s, 20 ms', muted: false, packets: 250 }, packets: 900, dropped: 2 } as const;
  return {
    camera: 'Gate',
    online: true,
    private: false,
    streams: [main, sub],
    talkback: { speaker: 'backchannel', talker: undefined, talks: 2, muted: false },
    recording: { armed: true, running: [] },
    views: [view, { ...view, shown: { ...shown, mode: 'transcode' } }, { ...view, state: 'prepared', shown: undefined, sound: undefined }],
    problems: [{ code: 'camera-away', since: '2026-01-02T03:04:05.000Z', text: 'the camera has been away for 5 min' }],
  viewsDropped: 11,
    motion: { on: true, moving: false, source: 'main stream, keyframes only', state: 'watching', cost: { pictures: 100, dropped: 3, cpuMs: 110, cpuPercent: 0.5, averageMs: 1.1 } },
    cost: { connections: 1, decoders: 1, encoders: 1, memoryMiB: 10, cpuPercent: 31.2, motionCpuPercent: 0.5 },
    resources: {
      cpuPercent: 31.2,
      memoryMiB: 98,
      limited: [],
      ffmpegs: [
        { role: 'ingest', stream: 'main', hardware: undefined, cpuPercent: 1.5, memoryMiB: 44 },
        { role: 'decode', stream: 'main', hardware: 'vaapi', cpuPercent: 9.2, memoryMiB: 30 },
        { role: 'encode', stream: 'main', hardware: undefined, cpuPercent: 20, memoryMiB: 24 },
      ],
    },
  };
}
