import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { DeviceTools } from '../../src/ffmpeg/devices/capture-device.js';
import { listDevices } from '../../src/ffmpeg/devices/list-devices.js';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { openUsbSource } from '../../src/pipeline/source/usb-source.js';
import { offers, PluggedDevices, type PluggedDevice } from '../support/capture/plugged-devices.js';
import { comparedSize, TestPictures } from '../support/capture/test-pictures.js';
import { openUsbStream, type UsbStream } from '../support/capture/usb-stream.js';
import { machinePace } from '../support/machine-pace.js';
import { decodeUnits } from '../support/seen-pictures.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { until } from '../support/until.js';

const desk: PluggedDevice = { number: 0, name: 'HD Pro Webcam C920', id: 'Acme_C920_1', offers: [offers.raw], metadata: true };
const twins: readonly PluggedDevice[] = [2, 4].map((number) => ({ number, name: 'Twin', id: `Twin_${number}`, offers: [offers.mjpeg] }));

/** A machine with these cameras. */
async function machine(...devices: readonly PluggedDevice[]) {
  const standIns = await StandIns.open();
  const plugged = await PluggedDevices.open(...devices);
  const ffmpeg = await standIns.withDevices('ffmpeg');
  const open = (device: string, more: Partial<DeviceTools> = {}) => openUsbSource(device, { ffmpeg, signal: new AbortController().signal, devices: { folders: plugged.folders, system: 'v4l2', ...more } });
  const dispose = async (): Promise<void> => {
    await plugged[Symbol.asyncDispose]();
    await standIns[Symbol.asyncDispose]();
  };
  return { standIns, plugged, ffmpeg, open, opened: () => standIns.opened(ffmpeg), [Symbol.asyncDispose]: dispose };
}

/** Another program that holds the device, until it is ended. */
async function holder(path: string): Promise<ChildProcess & AsyncDisposable> {
  const child = spawn('flock', ['--no-fork', path, 'sh', '-c', 'echo held; read _'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const end = async (): Promise<void> => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
  };
  return Object.assign(child, { [Symbol.asyncDispose]: end });
}

const live = async ({ stream }: UsbStream, withinMs = 20_000): Promise<void> => until('live', () => stream.state.kind === 'live', withinMs);

(process.platform === 'linux' ? describe : describe.skip)('USB cameras of Linux', () => {
  test.concurrent('are listed by name with what they send; nodes for metadata are left out, and twins are told apart', async () => {
    await using it = await machine(desk, ...twins);
    const ctl = await it.standIns.program('v4l2-ctl', `case "$2" in *video0) printf "\\t[0]: 'YUYV' (YUYV 4:2:2)\\n\\t\\tSize: Discrete 640x480\\n\\t\\t\\tInterval: Discrete 0.067s (15.000 fps)\\n";; *) exit 1;; esac`);
    const listed = await listDevices({ ffmpeg: it.ffmpeg, folders: it.plugged.folders, system: 'v4l2', v4l2Ctl: ctl.path });
    expect(listed).toEqual([
      expect.objectContaining({ name: desk.name, source: desk.name, path: it.plugged.path(0), system: 'v4l2', modes: [{ format: 'yuyv422', width: 640, height: 480, fps: [15] }, { format: 'yuyv422', width: 320, height: 240, fps: [] }] }),
      expect.objectContaining({ name: 'Twin', source: it.plugged.link('Twin_2'), path: it.plugged.path(2), modes: [{ format: 'mjpeg', width: 640, height: 360, fps: [] }, expect.anything()] }),
      expect.objectContaining({ name: 'Twin', source: it.plugged.link('Twin_4') }),
    ]);
    expect(listed.map(({ problem }) => problem)).toEqual([undefined, undefined, undefined]);
    expect(await it.opened()).toEqual([]);
  });

  test.concurrent('are found by what the list says, by a part of it, by path, and again under another number', async () => {
    await using it = await machine(desk, ...twins);
    const found = async (device: string): Promise<unknown> => (await it.open(device)).input;
    const at = (number: number): object => expect.objectContaining({ kind: 'device', device: it.plugged.path(number) });
    for (const wanted of [desk.name, 'c920', it.plugged.link('Acme_C920_1'), it.plugged.path(0)]) {
      expect(await found(wanted)).toEqual(at(0));
    }
    await it.plugged.unplug(desk);
    await it.plugged.plug({ ...desk, number: 6 });
    expect(await found(desk.name)).toEqual(at(6));
    expect(await found(it.plugged.link('Acme_C920_1'))).toEqual(at(6));
    await expect(found('Twin')).rejects.toMatchObject({ code: 'device-ambiguous', detail: expect.stringContaining(it.plugged.link('Twin_4')) });
    await expect(found('Doorbell')).rejects.toMatchObject({ code: 'device-missing', detail: '"Doorbell"; there is "Twin" (' + it.plugged.link('Twin_2') + '), "Twin" (' + it.plugged.link('Twin_4') + '), "HD Pro Webcam C920"' });
    await expect(found(it.plugged.path(9))).rejects.toMatchObject({ code: 'device-missing' });
  });

  test.concurrent('a node that gives no pictures, and a camera without a mode that FFmpeg knows, are named', async () => {
    await using it = await machine(desk, { number: 8, name: 'unicam', offers: ['Raw       : Unsupported : 10-bit Bayer BGBG/GRGR : {16-16376, 1}x{16-16376, 1}'] });
    await expect(it.open(it.plugged.path(1))).rejects.toMatchObject({ code: 'device-unusable', detail: expect.stringContaining('none itself') });
    await expect(it.open('unicam')).rejects.toMatchObject({ code: 'device-unusable', detail: expect.stringContaining('no mode') });
    await expect(it.open('unicam', { system: 'v4l2' })).rejects.toMatchObject({ code: 'device-unusable' });
  });

  test.concurrent('a device that may not be opened is listed with the reason, and its path is named', async () => {
    await using it = await machine(desk);
    await chmod(it.plugged.path(0), 0o000);
    await expect(it.open(desk.name)).rejects.toMatchObject({ code: 'device-forbidden', detail: expect.stringContaining(it.plugged.path(0)) });
    const [listed] = await listDevices({ ffmpeg: it.ffmpeg, folders: it.plugged.folders, system: 'v4l2' });
    expect(listed).toMatchObject({ name: desk.name, modes: [], problem: { code: 'device-forbidden' } });
  });

  test.concurrent('uncompressed pictures are encoded once, all of them, and are what it films', async () => {
    await using it = await machine({ ...desk, offers: ['Raw       :     yuyv422 :           YUYV 4:2:2 : 640x360'] });
    await using usb = openUsbStream(desk.name, it.ffmpeg, it.plugged);
    using _lease = usb.stream.lease({ holder: 'test' });
    await until('pictures of three seconds', () => usb.units.length > 90, 20_000 * (await machinePace()));
    expect(usb.notes).toEqual([expect.stringContaining('encoded once for all as 640x360, at most 30 fps')]);
    expect(usb.stream.packets.format).toMatchObject({ codec: 'h264', width: 640, height: 360, reorders: false });
    const pictures = await decoded(usb);
    const filmed = await TestPictures.make({ width: 640, height: 360, fps: 30, seconds: 20 });
    const seen = [0, 30, 60].map((index) => filmed.nearest(pictures[index] ?? Buffer.alloc(0)));
    expect(Math.max(...seen.map(({ apart }) => apart))).toBeLessThan(6);
    expect(seen.map(({ index }) => index - (seen[0]?.index ?? NaN))).toEqual([0, 30, 60]);
    expect(await it.opened()).toEqual([it.plugged.path(0)]);
    expect([...usb.problems, ...usb.soundProblems]).toEqual([]);
  }, 60_000);

  test.concurrent.each<[string, readonly string[], string, boolean]>([
    ['its own H.264, with its parameter sets in the stream, is copied', [offers.raw, offers.h264], '640x360', false],
    ['JPEGs of 4:2:2 are decoded and encoded', [offers.mjpeg], '640x360', true],
  ])('%s', async (_name, lines, size, encoded) => {
    await using it = await machine({ ...desk, offers: lines });
    await using usb = openUsbStream(desk.name, it.ffmpeg, it.plugged);
    using _lease = usb.stream.lease({ holder: 'test' });
    await until('pictures', () => usb.units.length > 60, 20_000 * (await machinePace()));
    expect(usb.notes).toEqual(encoded ? [expect.stringContaining('the camera sends MJPEG')] : []);
    expect(`${usb.stream.packets.format?.width}x${usb.stream.packets.format?.height}`).toBe(size);
    const filmed = await TestPictures.make({ width: 640, height: 360, fps: 30, seconds: 20 });
    expect(filmed.nearest((await decoded(usb))[30] ?? Buffer.alloc(0)).apart).toBeLessThan(6);
    expect([...usb.problems, ...usb.soundProblems]).toEqual([]);
  }, 60_000);

  test.concurrent('in use by another program: which one is said, and it is taken when that ends', async () => {
    await using it = await machine(desk);
    await using other = await holder(it.plugged.path(0));
    await using usb = openUsbStream(desk.name, it.ffmpeg, it.plugged);
    using _lease = usb.stream.lease({ holder: 'live view', waitedFor: true });
    await until('it has failed', () => usb.problems.length > 0);
    expect(usb.problems[0]).toMatchObject({ code: 'device-busy', detail: `${it.plugged.path(0)}, in use by sh (process ${other.pid})` });
    await other[Symbol.asyncDispose]();
    await live(usb);
    expect(new Set(usb.problems.map(({ code }) => code))).toEqual(new Set(['device-busy']));
  }, 60_000);

  test.concurrent('two cameras of the plugin that mean one device: the second is told so, and the first goes on', async () => {
    await using it = await machine(desk);
    await using first = openUsbStream(desk.name, it.ffmpeg, it.plugged);
    await using second = openUsbStream(it.plugged.link('Acme_C920_1'), it.ffmpeg, it.plugged);
    using _first = first.stream.lease({ holder: 'test' });
    await live(first);
    using _second = second.stream.lease({ holder: 'test' });
    await until('the second has failed', () => second.problems.length > 0);
    expect(second.problems[0]).toMatchObject({ code: 'device-busy', detail: expect.stringMatching(/in use by ffmpeg \(process \d+\)$/) });
    expect(first.stream.state.kind).toBe('live');
    expect(first.problems).toEqual([]);
  }, 60_000);

  test.concurrent('unplugged, it is missed at once; plugged in again under another number it comes back within seconds, although nobody waits', async () => {
    await using it = await machine(desk);
    const pace = await machinePace();
    await using usb = openUsbStream(desk.name, it.ffmpeg, it.plugged);
    using _lease = usb.stream.lease({ holder: 'keepWarm' });
    await live(usb, 20_000 * pace);
    await it.plugged.unplug(desk);
    await until('it is missed', () => usb.problems.length > 0, 5_000 * pace);
    expect(usb.problems[0]?.code).toBe('device-missing');
    // As often as it takes until the waits are as long as they become.
    await until('five tries in vain', () => usb.problems.length >= 5, 40_000);
    expect(usb.problems.slice(1).map(({ code, detail }) => `${code}: ${detail}`)).toEqual(usb.problems.slice(1).map(() => `device-missing: "${desk.name}"; there is none`));
    const { state } = usb.stream;
    expect(state.kind === 'waiting' ? state.retryAtMs - state.sinceMs : NaN).toBeLessThanOrEqual(5_000);
    await it.plugged.plug({ ...desk, number: 4 });
    const pluggedMs = performance.now();
    await live(usb, 30_000 * pace);
    expect(performance.now() - pluggedMs).toBeLessThan(5_000 + 3_000 * pace);
    expect(await it.opened()).toEqual([it.plugged.path(0), it.plugged.path(4)]);
  }, 90_000);
});

describe('USB cameras of other systems, by what FFmpeg prints there', () => {
  test.each<[string, Pick<DeviceTools, 'system'>, string, string, object, object]>([
    [
      'macOS',
      { system: 'avfoundation' },
      `case "$*" in
*-list_devices*) echo '[AVFoundation indev @ 0x1] AVFoundation video devices:
[AVFoundation indev @ 0x1] [0] FaceTime HD Camera
[AVFoundation indev @ 0x1] AVFoundation audio devices:
[AVFoundation indev @ 0x1] [0] Microphone
: Input/output error' >&2;;
*'FaceTime HD Camera:none') echo '[avfoundation @ 0x1] Selected video size (1x1) is not supported by the device.
[avfoundation @ 0x1] Supported modes:
[avfoundation @ 0x1]   1280x720@[1.000000 30.000030]fps
FaceTime HD Camera:none: Input/output error' >&2;;
esac; exit 1`,
      'facetime',
      { device: 'FaceTime HD Camera', mode: { format: 'nv12', width: 1280, height: 720, fps: 30.00003 } },
      { codec: 'rawvideo', width: 1280, height: 720, pixelFormat: 'nv12' },
    ],
    [
      'Windows',
      { system: 'dshow' },
      `case "$*" in
*-list_devices*) echo '[dshow @ 0x1] "Integrated Camera" (video)
[dshow @ 0x1]   Alternative name "@device_pnp_cam#1"
dummy: Immediate exit requested' >&2;;
*-list_options*video=@device_pnp_cam#1) echo '[dshow @ 0x1]   pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30
[dshow @ 0x1]   vcodec=mjpeg  min s=1280x720 fps=5 max s=1280x720 fps=30
video=@device_pnp_cam#1: Immediate exit requested' >&2;;
esac; exit 1`,
      'Integrated Camera',
      { device: '@device_pnp_cam#1', mode: { format: 'mjpeg', width: 1280, height: 720, fps: 30 } },
      { codec: 'mjpeg', width: 1280, height: 720, fps: 30 },
    ],
  ])('%s', async (_name, system, script, wanted, input, picture) => {
    await using standIns = await StandIns.open();
    const ffmpeg: Ffmpeg = await standIns.program('ffmpeg', script);
    const open = (device: string) => openUsbSource(device, { ffmpeg, signal: new AbortController().signal, devices: system });
    const opened = await open(wanted);
    expect(opened.input).toMatchObject({ kind: 'device', ...system, ...input });
    expect(opened.picture).toMatchObject(picture);
    await expect(open('another')).rejects.toMatchObject({ code: 'device-missing' });
  });
});

/** Its pictures so far, grey, of `comparedSize`. */
async function decoded({ units }: UsbStream): Promise<readonly Buffer[]> {
  const { luma, errors } = await decodeUnits(units, comparedSize);
  expect(errors).toBe('');
  return luma;
}
