import { Problem } from '../../../src/problems.js';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { judgeCameras } from '../../../src/cli/doctor/checks/cameras-check.js';
import { judgeDisk } from '../../../src/cli/doctor/checks/disk-check.js';
import { judgeFfmpeg, type FfmpegFacts } from '../../../src/cli/doctor/checks/ffmpeg-check.js';
import { judgeHardware } from '../../../src/cli/doctor/checks/hardware-check.js';
import { judgeMemory } from '../../../src/cli/doctor/checks/memory-check.js';
import { judgeNode } from '../../../src/cli/doctor/checks/node-check.js';
import { judgePorts } from '../../../src/cli/doctor/checks/ports-check.js';
import { judgeRights, type RightsFacts } from '../../../src/cli/doctor/checks/rights-check.js';
import { judgeSettings } from '../../../src/cli/doctor/checks/settings-check.js';
import { judgeTime } from '../../../src/cli/doctor/checks/time-check.js';
import { configFacts, type ConfigFacts } from '../../../src/cli/doctor/config-facts.js';
import { hardwareStatus, type HardwareStatus } from '../../../src/ffmpeg/hardware/report.js';
import type { EquippedFfmpeg } from '../../../src/ffmpeg/find-ffmpeg.js';
import { aac32, cameraFindings } from './findings.js';

/** What `doctor` may meet, made up, and what it says of it: the subject of a golden file. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly findings: readonly Finding[];
}

const gib = 2 ** 30;
const file = '/var/lib/homebridge/config.json';
const range = '^22.12.0 || ^24.0.0 || ^26.0.0';

const scenario = (title: string, findings: Record<string, readonly Finding[]>): Scenario[] => Object.entries(findings).map(([name, each]) => ({ name, title, findings: each }));

const settings = (config: ConfigFacts): readonly Finding[] => judgeSettings({ file, config });
const written = (content: unknown): readonly Finding[] => settings(configFacts(JSON.stringify(content)));
const block = { platform: 'CameraHub', cameras: [{ name: 'Gate', source: 'test:' }] };

function ffmpegWith(path: string, encoders: readonly string[]): EquippedFfmpeg {
  return { path, version: '7.1', libavutilMajor: 59, origin: 'PATH', abilities: { encoders: new Set(encoders), decoders: new Set(), hwaccels: new Set() }, file: { path, bytes: 1, modifiedMs: 1 } };
}
const whole = ffmpegWith('ffmpeg', ['libx264', 'libopus']);
const bare = ffmpegWith('/opt/bare/ffmpeg', ['libx264']);
const ffmpeg = (facts: Partial<FfmpegFacts>): readonly Finding[] => judgeFfmpeg({ wanted: undefined, used: whole, passedOver: [], all: [whole], inputs: [], cameras: [], ...facts });

const noHardware = hardwareStatus({ kind: 'known', hardware: [], setAside: [], nowMs: 0 }, { tried: [], untried: [] });
const vaapiFails: HardwareStatus = { ...noHardware, presets: [{ preset: 'vaapi', label: 'VAAPI', device: '/dev/dri/renderD128', ffmpeg: 'FFmpeg 7.1 from PATH', checks: { encode: 'Permission denied' }, setAside: [] }] };
const software = { by: 'software', because: 'no graphics hardware here encodes H.264' };
const vaapi = { by: 'VAAPI', ffmpeg: 'FFmpeg 7.1 from PATH', because: 'VAAPI encodes H.264, as tried' };
const vaapiEncodes: HardwareStatus = {
  ...vaapiFails,
  presets: [{ preset: 'vaapi', label: 'VAAPI', device: '/dev/dri/renderD128', checks: { encode: 'works', 'decode h264': 'works', 'decode hevc': 'works' }, setAside: [] }],
  chosen: { 'decode h264': vaapi, 'decode hevc': vaapi, encode: vaapi, 'record h264': software, 'record hevc': software },
};

const rights = (facts: Partial<RightsFacts>): readonly Finding[] =>
  judgeRights({ user: 'homebridge', owner: { name: 'homebridge', isUser: true }, folders: [{ path: '/var/lib/homebridge', state: 'writable' }, { path: '/var/lib/homebridge/camera-hub', state: 'missing' }], devices: [], usesUsb: false, ...facts });

const nowMs = Date.UTC(2026, 10, 23, 8, 30);
const dayMs = 86_400_000;
const time = { nowMs, newestFileMs: nowMs - 60_000, zone: 'Europe/London', zoneChosen: true };
const inUse = { kind: 'in use' } as const;

export const scenarios: readonly Scenario[] = [
  ...scenario('Node', { supported: judgeNode({ version: '24.21.0', range }), 'not one of the supported': judgeNode({ version: '25.1.0', range }) }),
  ...scenario('Settings', {
    'no file': settings({ kind: 'missing' }),
    'a file of somebody else': settings({ kind: 'unreadable', because: `EACCES: permission denied, open '${file}'` }),
    'broken in the middle': settings(configFacts('{\n  "platforms": [\n    { "platform": "CameraHub" }\n    { "password": "s3cr3t" }\n  ]\n}')),
    'ends too early': settings(configFacts('')),
    'saved by an editor of Windows': settings(configFacts('\uFEFF{}')),
    'not set up': written({ platforms: [{ platform: 'config' }] }),
    'no camera': written({ platforms: [{ platform: 'CameraHub' }] }),
    'in a child bridge': written({ platforms: [{ ...block, _bridge: { port: 40_000 } }] }),
    'two blocks, switched off': written({ disabledPlugins: ['homebridge-camera-hub'], platforms: [block, block] }),
    'wrong options': written({ platforms: [{ ...block, cpuTarget: 120, httpTokn: 's3cr3ts3cr3t', cameras: [{ name: 'Gate', source: 'rtps://joe:s3cr3t@10.0.0.2/' }] }] }),
  }),
  ...scenario('FFmpeg', {
    found: ffmpeg({}),
    none: ffmpeg({ used: new Problem('ffmpeg-missing', 'PATH: not there'), all: [] }),
    'the chosen one cannot be used': ffmpeg({ wanted: '/opt/old/ffmpeg', passedOver: ['the option "ffmpegPath": version 4.4 is older than 5.0'] }),
    'another one encodes Opus': ffmpeg({ used: bare, all: [bare, whole] }),
    'nothing encodes Opus': ffmpeg({ used: bare, all: [bare] }),
    'a protocol and an encoder are missing': ffmpeg({
      inputs: [
        { camera: 'Gate', opens: new Problem('ffmpeg-lacks-input', 'missing: the protocol "srt"') },
        { camera: 'Yard', opens: bare },
      ],
      cameras: [{ name: 'Gate', source: 'srt://10.0.0.2:9000', substream: 'rtmp://10.0.0.2/a', transport: 'tcp', aacEld: true }],
    }),
  }),
  ...scenario('Graphics', {
    none: judgeHardware({ wanted: 'auto', status: noHardware }),
    'not wanted': judgeHardware({ wanted: 'software', status: noHardware }),
    'there, and fails': judgeHardware({ wanted: 'auto', status: vaapiFails }),
    'wanted, and fails': judgeHardware({ wanted: 'vaapi', status: vaapiFails }),
    works: judgeHardware({ wanted: 'auto', status: vaapiEncodes }),
  }),
  ...scenario('Ports', {
    none: judgePorts({ bridges: [], http: undefined }),
    'all free': judgePorts({ bridges: [{ bridge: 'Homebridge', port: 51_826, state: { kind: 'free' }, speaksHap: false, holder: undefined }], http: { port: 8_582, address: '127.0.0.1', state: { kind: 'free' }, holder: undefined } }),
    'Homebridge runs': judgePorts({
      bridges: [{ bridge: 'Homebridge', port: 51_826, state: inUse, speaksHap: true, holder: undefined }, { bridge: 'child bridge', port: 40_000, state: inUse, speaksHap: true, holder: undefined }],
      http: { port: 8_582, address: '0.0.0.0', state: inUse, holder: undefined },
    }),
    'another program has them': judgePorts({ bridges: [{ bridge: 'Homebridge', port: 51_826, state: inUse, speaksHap: false, holder: undefined }], http: { port: 8_582, address: '127.0.0.1', state: inUse, holder: { program: 'nginx', isHomebridge: false } } }),
    'an address of another machine': judgePorts({ bridges: [], http: { port: 8_582, address: '10.0.0.9', state: { kind: 'unusable', because: 'EADDRNOTAVAIL' }, holder: undefined } }),
  }),
  ...scenario('Rights', {
    'all there': rights({ folders: [{ path: '/var/lib/homebridge', state: 'writable' }, { path: '/var/lib/homebridge/camera-hub', state: 'writable' }] }),
    'run by somebody else': rights({ user: 'pi', owner: { name: 'homebridge', isUser: false } }),
    'run by somebody else than root': rights({ user: 'pi', owner: { name: 'root', isUser: false }, devices: [{ path: '/dev/video0', purpose: 'USB cameras', usable: false, group: 'video' }] }),
    'root in a container': rights({ user: 'root', owner: { name: 'root', isUser: true }, usesUsb: true, devices: [{ path: '/dev/video0', purpose: 'USB cameras', usable: false, group: 'video' }] }),
    'may not write': rights({ folders: [{ path: '/var/lib/homebridge', state: 'refused', because: 'EACCES' }] }),
    'devices of a group': rights({ devices: [{ path: '/dev/video0', purpose: 'USB cameras', usable: false, group: 'video' }, { path: '/dev/dri/renderD128', purpose: 'graphics hardware', usable: false, group: 'render' }] }),
    'and a camera of this machine': rights({ usesUsb: true, devices: [{ path: '/dev/video0', purpose: 'USB cameras', usable: false, group: 'video' }] }),
    'devices that may be used': rights({ devices: [{ path: '/dev/video0', purpose: 'USB cameras', usable: true, group: 'video' }] }),
  }),
  ...scenario('Disk', {
    room: judgeDisk({ disk: { freeBytes: 12 * gib, totalBytes: 32 * gib } }),
    'little room': judgeDisk({ disk: { freeBytes: 0.5 * gib, totalBytes: 32 * gib } }),
    full: judgeDisk({ disk: { freeBytes: 0.1 * gib, totalBytes: 32 * gib } }),
    'not told': judgeDisk({ disk: undefined }),
  }),
  ...scenario('Memory', {
    enough: judgeMemory({ memory: { totalBytes: 4 * gib, availableBytes: 2.3 * gib }, cameras: 4 }),
    'little for so many': judgeMemory({ memory: { totalBytes: gib, availableBytes: 0.4 * gib }, cameras: 12 }),
    'hardly any': judgeMemory({ memory: { totalBytes: gib, availableBytes: 0.05 * gib }, cameras: 1 }),
    'not told': judgeMemory({ memory: { totalBytes: 16 * gib }, cameras: 1 }),
  }),
  ...scenario('Time', {
    right: judgeTime(time),
    'no battery': judgeTime({ ...time, nowMs: Date.UTC(1970, 0, 1, 0, 3) }),
    behind: judgeTime({ ...time, newestFileMs: nowMs + 3 * dayMs }),
    ahead: judgeTime({ ...time, newestFileMs: nowMs - 400 * dayMs }),
    'no zone': judgeTime({ ...time, zone: 'UTC', zoneChosen: false }),
  }),
  ...scenario('Cameras', {
    none: judgeCameras([]),
    'all kinds': judgeCameras([
      { config: { name: 'Gate', recording: true }, outcome: { kind: 'seen', findings: cameraFindings({ sound: aac32 }, { format: { width: 640, height: 360 }, measure: { fps: 14.9, bitrateKbps: 350 } }) } },
      { config: { name: 'Yard', recording: true }, outcome: { kind: 'seen', findings: cameraFindings({ format: { codec: 'hevc', profile: 'Main' } }) } },
      { config: { name: 'Shed', recording: false }, outcome: { kind: 'seen', findings: { ...cameraFindings({ format: { codec: 'hevc', profile: 'Main' } }), warnings: [new Problem('camera-sound-unknown', 'g726').line] } } },
      { config: { name: 'Desk', recording: true }, outcome: { kind: 'seen', findings: cameraFindings({ taken: { mode: 'encode', because: 'the camera sends MJPEG', seen: { codec: 'mjpeg', width: 1280, height: 720 } } }) } },
      { config: { name: 'Roof', recording: true }, outcome: { kind: 'failed', problem: new Problem('camera-refused-login') } },
      { config: { name: 'Nursery', recording: true }, outcome: { kind: 'private' } },
      { config: { name: 'Attic', recording: true }, outcome: { kind: 'skipped' } },
    ]),
  }),
];
