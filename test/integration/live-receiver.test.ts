import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { decode as decodeJpeg } from 'jpeg-js';
import { AccessUnitAssembler } from '../support/controller/access-units.js';
import { pairAccessory, resume, type Controller } from '../support/controller/controller.js';
import { sendWithFfmpeg } from '../support/controller/ffmpeg-sender.js';
import { hapCharacteristic, hapService } from '../support/controller/hap-types.js';
import { deviceRequest, prepareLive } from '../support/controller/live-receiver.js';
import { loseRtp, type PacketOnTheWay } from '../support/controller/lossy-network.js';
import { randomKeys, RtpCapture, type RtpPacket } from '../support/controller/rtp-capture.js';
import { SequenceTracker } from '../support/controller/sequence-tracker.js';
import { decodeTlv, encodeTlv } from '../support/controller/tlv8.js';
import { VideoReceiver } from '../support/controller/video-receiver.js';
import { installedHomebridge, startHomebridge, type HomebridgePackage, type RunningHomebridge } from '../support/homebridge/homebridge.js';
import { toneAt } from '../support/sound/tone.js';
import { descendants, processFacts } from '../support/homebridge/process-tree.js';
import { writeTestPlugin } from '../support/homebridge/test-plugin.js';
import { until } from '../support/until.js';

const ffmpegPath = process.env.CAMERA_HUB_FFMPEG ?? '/usr/bin/ffmpeg';
const frames = 60;

describe('a receiver of what FFmpeg sends over SRTP', () => {
  test('has every picture, whole and without an error, and FFmpeg\'s clock', async () => {
    const keys = randomKeys();
    const receiver = await VideoReceiver.open({ keys });
    const sending = sendWithFfmpeg({ ffmpegPath, port: receiver.capture.port, keys, frames });
    const first = await receiver.firstKeyframe(10_000);
    expect(performance.now() - first.lastArrivalMs).toBeLessThan(100);
    const units = await receiver.waitForUnits(frames, 10_000);
    const last = units.at(-1) ?? first;
    expect(performance.now() - last.lastArrivalMs).toBeLessThan(100);
    await sending;

    expect(first).toBe(units[0]);
    expect(first).toMatchObject({ keyframe: true, hasParameterSets: true, damaged: false });
    expect(first.packets).toBeGreaterThan(2);
    expect(units.filter((unit) => unit.keyframe)).toHaveLength(2);
    expect(units.map((unit) => (unit.timestamp - first.timestamp) >>> 0)).toEqual(Array.from({ length: frames }, (_, index) => index * 3000));
    expect(last.lastArrivalMs - first.lastArrivalMs).toBeCloseTo(((frames - 1) * 1000) / 30, -3);

    const decoded = await receiver.decode({ ffmpegPath, luma: { width: 32, height: 18 } });
    expect(decoded).toMatchObject({ errors: '', frames, width: 640, height: 360 });
    expect(decoded.luma.map((picture) => picture.length)).toEqual(Array.from({ length: frames }, () => 32 * 18));
    expect(decoded.luma[0]).not.toEqual(decoded.luma[30]);

    const { packets, ...statistics } = receiver.capture.statistics();
    expect(statistics).toMatchObject({ lost: 0, gaps: [], reordered: 0, duplicates: 0, authFailures: 0, ssrcs: [first.ssrc] });
    expect(packets).toBe(units.reduce((sum, unit) => sum + unit.packets, 0));
    expect(statistics.largestPacket).toBeLessThanOrEqual(1200 + 10);

    const reports = receiver.capture.senderReports();
    expect(reports[0]?.ssrc).toBe(first.ssrc);
    expect(Math.abs((reports[0]?.wallMs ?? 0) - Date.now())).toBeLessThan(20_000);
    expect(Math.abs(((first.timestamp - (reports[0]?.rtpTimestamp ?? 0)) | 0) / 90)).toBeLessThan(1000);
    expect(reports.at(-1)?.packetCount).toBe(packets);
    expect(receiver.capture.byes().map(({ ssrc }) => ssrc)).toEqual([first.ssrc]);
    await receiver.close();
  });

  // 640x360 at 2 Mbit/s has several packets a picture.
  test.each<[string, (packet: PacketOnTheWay) => boolean, number]>([
    ['a packet in the midst of a keyframe', ({ number }) => number === 4, frames],
    ['the end of a picture', ({ picture, marker }) => picture === 10 && marker, frames],
    ['a whole picture', ({ picture }) => picture === 10, frames - 1],
  ])('notices that %s is lost', async (_, loses, unitsLeft) => {
    const keys = randomKeys();
    const receiver = await VideoReceiver.open({ keys });
    const network = loseRtp(receiver.capture, loses);
    await sendWithFfmpeg({ ffmpegPath, port: receiver.capture.port, keys, frames });
    const decoded = await receiver.decode({ ffmpegPath });

    expect(network.lost).toBeGreaterThan(0);
    expect(receiver.capture.statistics()).toMatchObject({ lost: network.lost, gaps: [{ missing: network.lost }], packets: network.sent - network.lost });
    expect(receiver.units()).toHaveLength(unitsLeft);
    expect(receiver.units().filter((unit) => unit.damaged)).toHaveLength(1);
    expect(decoded.errors).not.toBe('');
    await receiver.close();
  });

  test('says so when the key is wrong, instead of giving out noise', async () => {
    const receiver = await VideoReceiver.open({ keys: randomKeys() });
    const sending = sendWithFfmpeg({ ffmpegPath, port: receiver.capture.port, keys: randomKeys(), frames });
    await expect(receiver.firstKeyframe(1500)).rejects.toThrow(/0 pictures, \d\d+ packets, 0 lost, \d\d+ not made with the key/);
    await sending;
    expect(receiver.units()).toEqual([]);
    expect(receiver.capture.statistics().authFailures).toBeGreaterThan(frames);
    expect(receiver.capture.senderReports()).toEqual([]);
    await receiver.close();
  });

  test('puts packets that overtook each other in order', async () => {
    const keys = randomKeys();
    const capture = await RtpCapture.open();
    capture.useKeys(keys);
    await sendWithFfmpeg({ ffmpegPath, port: capture.port, keys, frames });
    const packets = capture.takePayloads();
    const swapped = packets.flatMap((packet, index): RtpPacket[] => {
      const next = packets[index + 1];
      return index % 2 === 0 ? [...(next ? [next] : []), packet] : [];
    });
    const assemble = (order: readonly RtpPacket[]): Buffer[] => {
      const assembler = new AccessUnitAssembler();
      return order.flatMap((packet) => assembler.add(packet)).map((unit) => (unit.damaged ? Buffer.of() : unit.annexB));
    };
    expect(swapped).not.toEqual(packets);
    expect(assemble(packets)).toHaveLength(frames);
    expect(assemble(swapped)).toEqual(assemble(packets));
    await capture.close();
  });
});

test('sequence numbers go on after 65535, and late and double packets are no loss', () => {
  const tracker = new SequenceTracker();
  expect([65534, 65535, 1, 0, 0, 4].map((sequence) => tracker.add(sequence))).toEqual([65534, 65535, 65537, 65536, 65536, 65540]);
  expect(tracker).toMatchObject({ received: 6, reordered: 1, duplicates: 1, lost: 2, expected: 7, highest: 65540 });
  expect(tracker.gaps()).toEqual([{ after: 65537, missing: 2 }]);
});

test('a TLV longer than 255 bytes comes back whole, and half a one is refused', () => {
  const long = randomBytes(600);
  const encoded = encodeTlv([1, 'short'], [2, long], [3, 7]);
  expect(decodeTlv(encoded)).toEqual(new Map([[1, Buffer.from('short')], [2, long], [3, Buffer.of(7)]]));
  expect(() => decodeTlv(encoded.subarray(0, -1))).toThrow(/ends after/);
});

const packages: HomebridgePackage[] = ['homebridge', 'homebridge-1'];
const whySkipped = (name: HomebridgePackage): string => (installedHomebridge(name) === undefined ? ` (skipped: node_modules/${name} is not installed)` : '');

describe.each(packages.map((name) => [`${name}${whySkipped(name)}`, name] as const))('under %s', (_, name) => {
  const missing = whySkipped(name) !== '';
  let folder: string;
  const start = (storage?: string): Promise<RunningHomebridge> => {
    const platformConfig = { name: 'Test', cameras: ['Yard', 'Front Door'], mute: ['Front Door'], ffmpegPath, root: process.cwd() };
    return startHomebridge({ homebridge: name, platform: 'TestCamera', platformConfig, plugin: writeTestPlugin(folder), ...(storage !== undefined && { storage }) });
  };
  let homebridge: RunningHomebridge;
  let controller: Controller;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'camera-hub-test-plugin-'));
    if (!missing) {
      homebridge = await start();
      controller = await pairAccessory({ host: '127.0.0.1', ...(await homebridge.accessory('Yard')), pin: homebridge.pin });
    }
  });

  afterAll(async () => {
    if (!missing) {
      await controller.close();
      homebridge.killLeftovers();
      await homebridge.stop();
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const it = missing ? test.skip : test;

  it('both cameras have a HAP server and an identifier of their own', async () => {
    const [yard, door] = (await homebridge.accessories(2)).sort((one, other) => other.name.localeCompare(one.name));
    expect([yard?.name, door?.name]).toEqual(['Yard', 'Front Door']);
    expect(yard?.port).not.toBe(door?.port);
    expect(yard?.id).not.toBe(door?.id);
    expect(controller.address).toMatchObject({ id: yard?.id, port: yard?.port });
    await expect(homebridge.accessories(3, 100)).rejects.toThrow(/Yard.*Front Door.*end of its log/s);
    await expect(homebridge.waitForLog(/never printed/, 50)).rejects.toThrow(/is running on port/);
    await expect(pairAccessory({ host: '127.0.0.1', ...(await homebridge.accessory('Front Door')), pin: '000-11-222' })).rejects.toThrow();
  });

  it('five pictures at once come on five connections, each of its own size', async () => {
    const widths = [640, 480, 320, 240, 160];
    const viewers = [controller, ...(await Promise.all(widths.slice(1).map(() => controller.fork())))];
    const from = homebridge.log().length;
    const pictures = await Promise.all(viewers.map((viewer, index) => viewer.snapshot({ width: widths[index] ?? 0, height: 120, reason: 1 })));
    expect(pictures.map(({ jpeg }) => decodeJpeg(jpeg).width)).toEqual(widths);
    expect(Math.min(...pictures.map(({ ms }) => ms))).toBeGreaterThan(5);
    await homebridge.waitForLog(/snapshot.*"reason":1/, 1000, from);
    await Promise.all(viewers.slice(1).map((viewer) => viewer.close()));
  });

  it('characteristics are read, written and refused by their UUIDs', async () => {
    const { cameraRtpStreamManagement } = hapService;
    expect(await controller.serviceCount(cameraRtpStreamManagement)).toBe(2);
    const changes: unknown[] = [];
    const other = await controller.fork();
    await other.subscribe(cameraRtpStreamManagement, hapCharacteristic.active, (value) => changes.push(value), 1);
    await controller.put(cameraRtpStreamManagement, hapCharacteristic.active, 0, 1);
    expect(await controller.get(cameraRtpStreamManagement, hapCharacteristic.active, 1)).toBe(0);
    expect(await controller.get(cameraRtpStreamManagement, hapCharacteristic.active, 0)).toBe(1);
    await expect(controller.startLive({ ...deviceRequest.watch, streamIndex: 1 })).rejects.toThrow(/HAP status -70412/);
    await controller.put(cameraRtpStreamManagement, hapCharacteristic.active, 1, 1);
    // hap-nodejs holds events back for 250 ms, to send several as one.
    await sleep(600);
    expect(changes).toEqual([0, 1]);
    await expect(controller.get(hapService.motionSensor, hapCharacteristic.motionDetected)).rejects.toThrow(/no characteristic 22/);
    await other.close();
  });

  it.each(['ipv4', 'ipv6'] as const)('a live view over %s is received whole, and END ends it', async (ipVersion) => {
    const live = await controller.startLive({ ...deviceRequest.iphone, ipVersion });
    const first = await live.firstKeyframe();
    expect(first.unit.ssrc).toBe(live.accessory.videoSsrc);
    expect(first.sinceStartIssuedMs).toBeGreaterThan(first.sinceStartAnsweredMs);
    expect(first.sinceStartAnsweredMs).toBeGreaterThan(0);
    expect(descendants(homebridge.pid).filter(({ args }) => args[0] === ffmpegPath)).toHaveLength(1);
    await live.waitForUnits(45);
    const { answeredMs } = await live.stop({ lingerMs: 500 });
    expect((live.units().at(-1)?.lastArrivalMs ?? Infinity) - answeredMs).toBeLessThan(250);
    expect(homebridge.ffmpegs()).toEqual([]);
    const decoded = await live.decode({ ffmpegPath });
    expect(decoded).toMatchObject({ errors: '', frames: live.units().length, width: 1280, height: 720 });
    expect(await homebridge.waitForLog(/\] start /)).toMatch(/"pt":99,.*"max_bit_rate":299,"rtcp_interval":0.5,"mtu":(1378|1228).*"OPUS".*"packet_time":20/);
  });

  it('what live sound there is, is read; microphone and speaker are muted and turned down each for itself', async () => {
    expect(await controller.offeredAudio()).toEqual([
      { codec: 'aac-eld', channels: 1, constantBitrate: true, sampleRatesKhz: [16] },
      { codec: 'opus', channels: 1, constantBitrate: false, sampleRatesKhz: [16, 24] },
    ]);
    const { microphone, speaker } = controller;
    expect([await microphone.exists(), await speaker.exists()]).toEqual([true, true]);
    await microphone.mute(true);
    await speaker.setVolume(40);
    expect([await microphone.isMuted(), await speaker.isMuted()]).toEqual([true, false]);
    expect([await microphone.volume(), await speaker.volume()]).toEqual([100, 40]);
    await microphone.mute(false);
    expect(await microphone.isMuted()).toBe(false);
    const silent = await pairAccessory({ host: '127.0.0.1', ...(await homebridge.accessory('Front Door')), pin: homebridge.pin });
    expect([await silent.microphone.exists(), await silent.speaker.exists()]).toEqual([false, false]);
    await silent.unpair();
  });

  it('what is said to the camera comes from the announced source, and its answer is heard at the asked clock', async () => {
    const from = homebridge.log().length;
    const audio = { audioCodec: 'opus', audioPacketTimeMs: 40, audioSampleRateKhz: 16, audioBitrateKbps: 16, audioConstantBitrate: true } as const;
    const live = await controller.startLive({ ...deviceRequest.watch, ...audio });
    using talker = await live.talker({ ffmpegPath, toneHz: 440, seconds: 1 });
    talker.start();
    const packets = await live.heard.waitForPackets(25);
    expect(new Set(packets.map(({ ssrc }) => ssrc))).toEqual(new Set([live.accessory.audioSsrc]));
    expect(new Set(live.heard.packetTimes().slice(1).map(({ opusMs, stepTicks }) => `${opusMs} ms, ${stepTicks ?? 0} ticks`))).toEqual(new Set(['40 ms, 640 ticks']));
    const { samples, sampleRate } = await live.heard.decode({ ffmpegPath, patienceMs: 1000 });
    expect(toneAt(samples, sampleRate).hz).toBeCloseTo(440, 0);
    const asked = await homebridge.waitForLog(/\] start .*"OPUS"/, 2000, from);
    expect(asked).toMatch(/"bit_rate":1,"sample_rate":16,"packet_time":40,"pt":110,.*"max_bit_rate":16,/);
    const announced = /"OPUS".*?"ssrc":(\d+)/.exec(asked)?.[1] ?? 'none';
    await homebridge.waitForLog(new RegExp(`said by ${announced} as 110`), 2000, from);
    await homebridge.waitForLog(new RegExp(`audio rtcp of ${announced}`), 2000, from);
    await live.stop();
  });

  it('AAC-ELD is asked for by its number', async () => {
    const from = homebridge.log().length;
    const live = await controller.startLive({ ...deviceRequest.watch, audioCodec: 'aac-eld' });
    await homebridge.waitForLog(/\] start .*"AAC-eld".*"bit_rate":0,"sample_rate":16,"packet_time":20,.*"max_bit_rate":24,/, 2000, from);
    await live.stop();
  });

  it('two viewers have a stream each, a third is told that the camera is busy', async () => {
    const [first, second] = [await controller.startLive(deviceRequest.watch), await (await controller.fork()).startLive(deviceRequest.watch)];
    expect([first.streamIndex, second.streamIndex]).toEqual([0, 1]);
    await Promise.all([first.firstKeyframe(), second.firstKeyframe()]);
    await expect(controller.startLive(deviceRequest.watch)).rejects.toThrow(/busy/);
    await expect(controller.startLive({ ...deviceRequest.watch, streamIndex: 0 })).rejects.toThrow(/busy/);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('the camera can read reports, requests for pictures and RECONFIGURE', async () => {
    const from = homebridge.log().length;
    const live = await controller.startLive({ ...deviceRequest.watch, reportEveryMs: 100 });
    await live.firstKeyframe();
    await homebridge.waitForLog(new RegExp(`RtcpRrPacket \\[{"ssrc":${live.accessory.videoSsrc},"fractionLost":0,`), 2000, from);
    live.reports.fakeLossFraction = 0.25;
    await homebridge.waitForLog(/"fractionLost":64,"packetsLost":[1-9]/, 2000, from);
    live.sendPli();
    live.sendFir();
    await homebridge.waitForLog(new RegExp(`"count":1,.*"mediaSsrc":${live.accessory.videoSsrc}`), 2000, from);
    await homebridge.waitForLog(new RegExp(`"fir":\\[{"ssrc":${live.accessory.videoSsrc},"sequenceNumber":1}`), 2000, from);
    await live.reconfigure({ width: 640, height: 360, fps: 30, bitrateKbps: 150 });
    await homebridge.waitForLog(/reconfigure {"width":640,"height":360,"fps":30,"max_bit_rate":150,"rtcp_interval":0.5}/, 2000, from);
    live.reports.stop();
    const { sent } = live.reports;
    await live.stop({ lingerMs: 300 });
    expect(live.reports.sent).toBe(sent);
  });

  it('a view that is prepared only, or whose viewer vanished, holds its stream', async () => {
    const prepared = await prepareLive(controller, deviceRequest.watch);
    const vanished = await controller.startLive(deviceRequest.watch);
    await vanished.firstKeyframe();
    await Promise.all([prepared.abandon(), vanished.abandon()]);
    expect([prepared.streamIndex, vanished.streamIndex]).toEqual([0, 1]);
    await expect(controller.startLive(deviceRequest.watch)).rejects.toThrow(/busy/);
    expect(homebridge.ffmpegs()).toHaveLength(1);
    const same = await controller.fork();
    await controller.close();
    controller = same;
    await homebridge.waitForLog(/\] stop /, 2000);
  });

  it('after a hard kill the leftovers show, and pairing and storage can be used again', async () => {
    const live = await controller.startLive(deviceRequest.watch);
    await live.firstKeyframe();
    const [ffmpeg] = homebridge.ffmpegs();
    const unanswered = expect(controller.snapshot({ width: 1920, height: 1080 })).rejects.toThrow(/closed the connection/);
    await homebridge.waitForLog(/snapshot .*"width":1920/);
    expect(await homebridge.killHard()).toMatchObject({ code: null, signal: 'SIGKILL', forced: false });
    await unanswered;
    expect(descendants(homebridge.pid)).toEqual([]);
    expect(homebridge.ffmpegs().map(({ pid }) => pid)).toContain(ffmpeg?.pid);
    expect(homebridge.killLeftovers().map(({ pid }) => pid)).toContain(ffmpeg?.pid);
    await until('it is gone', () => processFacts(ffmpeg?.pid ?? 0) === undefined);
    await live.abandon();
    const { pin, bridgeId, storage } = homebridge;
    homebridge = await start(storage);
    expect(homebridge).toMatchObject({ pin, bridgeId, storage });
    controller = await resume({ host: '127.0.0.1', ...(await homebridge.accessory('Yard')), pairing: controller.pairing });
    expect((await controller.snapshot({ width: 320, height: 240 })).jpeg.subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
    await controller.unpair();
    controller = await pairAccessory({ ...controller.address, pin: homebridge.pin });
  });
});

test('a Homebridge whose test was killed ends too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'camera-hub-orphan-'));
  const options = JSON.stringify({ platform: 'TestCamera', platformConfig: { cameras: [], ffmpegPath, root: process.cwd() }, plugin: writeTestPlugin(folder), storage: join(folder, 'storage') });
  const harness = pathToFileURL(join(process.cwd(), 'dist/test/support/homebridge/homebridge.js')).href;
  const script = `const { startHomebridge } = await import('${harness}'); console.log((await startHomebridge(${options})).pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  expect(processFacts(pid)?.args).toEqual(['homebridge']);
  child.kill('SIGKILL');
  await sleep(3000);
  expect(processFacts(pid)).toBeUndefined();
  rmSync(folder, { recursive: true, force: true });
});
