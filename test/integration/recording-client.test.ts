import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeClip, inspectClip, soundAgainstPicture } from '../support/clip.js';
import { makeClip } from '../support/clip/make-clip.js';
import { pairAccessory, resume, type Controller } from '../support/controller/controller.js';
import { decodeDataStream, encodeDataStream, type DataStreamDictionary } from '../support/controller/data-stream-format.js';
import { hapCharacteristic, hapService } from '../support/controller/hap-types.js';
import { recordingState, supportedRecording } from '../support/controller/recording-client.js';
import { PacketAssembler } from '../support/controller/recording-packets.js';
import { hdsReason } from '../support/controller/recording-receiver.js';
import { readRecordingSelection, recordingSelection } from '../support/controller/recording-selection.js';
import { installedHomebridge, startHomebridge, type HomebridgePackage, type RunningHomebridge } from '../support/homebridge/homebridge.js';
import { writeRecordingTestPlugin, type RecordingBehaviour } from '../support/homebridge/recording-test-plugin.js';
import { ffmpegPath } from '../support/house.js';

const selection = { width: 1920, height: 1080, fps: 24, bitrateKbps: 1500, profile: 1, level: 2, fragmentMs: 4000, prebufferMs: 4000 } as const;
const clipSeconds = 4;

let folder: string;
let clipFile: string;
let clip: Buffer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'camera-hub-recording-'));
  clipFile = join(folder, 'clip.mp4');
  clip = await makeClip({ ffmpegPath, seconds: clipSeconds, width: 640, height: 360, bitrateKbps: 5000 });
  writeFileSync(clipFile, clip);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const packages: HomebridgePackage[] = ['homebridge', 'homebridge-1'];
const whySkipped = (name: HomebridgePackage): string => (installedHomebridge(name) === undefined ? ` (skipped: node_modules/${name} is not installed)` : '');

describe.each(packages.map((name) => [`${name}${whySkipped(name)}`, name] as const))('a hub of %s', (_, name) => {
  const it = whySkipped(name) === '' ? test : test.skip;
  let homebridge: RunningHomebridge;
  let hub: Controller;

  const behaviourFile = (): string => join(folder, `behaviour-${name}.json`);
  const behave = (behaviour: RecordingBehaviour): void => writeFileSync(behaviourFile(), JSON.stringify(behaviour));
  const start = (storage?: string): Promise<RunningHomebridge> => {
    const platformConfig = { name: 'Test', camera: 'Yard', clip: clipFile, behaviour: behaviourFile() };
    return startHomebridge({ homebridge: name, platform: 'TestRecorder', platformConfig, plugin: writeRecordingTestPlugin(folder), ...(storage !== undefined && { storage }) });
  };

  beforeAll(async () => {
    if (whySkipped(name) === '') {
      homebridge = await start();
      hub = await pairAccessory({ host: '127.0.0.1', ...(await homebridge.accessory('Yard')), pin: homebridge.pin });
    }
  });

  afterAll(async () => {
    if (whySkipped(name) === '') {
      await hub.close();
      await homebridge.stop();
    }
  });

  beforeEach(() => behave({}));

  it('reads what the camera offers', async () => {
    expect(await supportedRecording(hub)).toEqual({
      prebufferMs: 4000,
      eventTriggers: 1,
      fragmentMs: 4000,
      profiles: [0, 1, 2],
      levels: [0, 1, 2],
      resolutions: [[1920, 30], [1920, 24], [1280, 30], [1280, 24]].map(([width = 0, fps]) => ({ width, height: (width * 9) / 16, fps })),
      audioCodecs: [{ codec: 0, channels: 1, sampleRates: [3] }],
    });
    expect(await recordingState(hub)).toEqual({ active: false, audio: false, selection: undefined });
  });

  it('is not allowed to record before it armed the camera, and not without a selection', async () => {
    await using early = await hub.openRecording();
    expect(early).toMatchObject({ status: hdsReason.notAllowed, packets: [] });
    await hub.put(hapService.cameraRecordingManagement, hapCharacteristic.active, 1);
    await using unselected = await hub.openRecording();
    expect(unselected.status).toBe(hdsReason.invalidConfiguration);
    await hub.disarmRecording();
  });

  it('arms the camera with what it selected, with sound and without', async () => {
    const from = homebridge.log().length;
    await hub.armRecording({ ...selection, audio: false });
    expect(await recordingState(hub)).toMatchObject({ active: true, audio: false, selection });
    const line = await homebridge.waitForLog(/configuration \{/, 2000, from);
    expect(line).toMatch(/"prebufferLength":4000,"eventTriggerTypes":\[1\].*"fragmentLength":4000.*"profile":1,"level":2,"bitRate":1500,"iFrameInterval":4000\},"resolution":\[1920,1080,24\]/);
    expect(line).toMatch(/"audioCodec":\{"audioChannels":1,"type":0,"samplerate":3,"bitrateMode":0,"bitrate":64\}/);
    await homebridge.waitForLog(/active true/, 2000, from);
    await hub.armRecording(selection);
    expect(await recordingState(hub)).toMatchObject({ active: true, audio: true });
  });

  it('receives a clip byte for byte, and acknowledges its end', async () => {
    await using recording = await hub.openRecording();
    expect(recording.status).toBe(0);
    const initialization = await recording.initialization(5000);
    const fragments = await recording.fragments(clipSeconds, 5000);
    expect(await recording.ended(5000)).toEqual({ by: 'endOfStream' });
    expect(recording.clip().equals(clip)).toBe(true);
    // hap-nodejs sends in chunks of 256 KiB.
    expect(fragments.filter(({ data }) => data.length > 2 * 262_144)).not.toEqual([]);
    expect([initialization, ...fragments].map(({ kind, isLast }) => [kind, isLast])).toEqual([
      ['mediaInitialization', false], ['mediaFragment', false], ['mediaFragment', false], ['mediaFragment', false], ['mediaFragment', true],
    ]);
    expect(initialization.firstByteMs).toBeGreaterThan(recording.openedMs);
    fragments.forEach(({ firstByteMs, completeMs }) => expect(completeMs).toBeGreaterThanOrEqual(firstByteMs));
    expect(inspectClip(recording.packets.map(({ data }) => data)).fragments).toHaveLength(clipSeconds);
    const decoded = await decodeClip(recording.clip(), { ffmpegPath });
    expect(decoded.errors).toBe('');
    expect(soundAgainstPicture(decoded).map(({ soundLateMs }) => Math.abs(soundLateMs ?? Infinity) < 3)).toEqual([true, true, true]);

    recording.acknowledge();
    await homebridge.waitForLog(new RegExp(`acknowledged ${recording.streamId}$`), 2000);
    expect(recording.ends).toHaveLength(1);
  });

  it('is told that the camera is busy while another recording runs, which goes on', async () => {
    behave({ everyMs: 20, repeat: 1000 });
    await using first = await hub.openRecording();
    await first.fragments(1, 5000);
    await using second = await hub.openRecording();
    expect(second.status).toBe(hdsReason.busy);
    await expect(second.initialization(50)).rejects.toThrow('the initialization of the recording did not come within 50 ms: status 2, 0 packets, not ended.');
    await first.fragments(first.packets.length + 3, 5000);
    first.close();
    await homebridge.waitForLog(new RegExp(`closed ${first.streamId} 0$`), 2000);
    await using third = await hub.openRecording();
    expect(third.status).toBe(0);
  });

  it('closes half-way: the camera learns the reason and nothing more comes', async () => {
    behave({ everyMs: 20, repeat: 1000 });
    await using recording = await hub.openRecording();
    await recording.fragments(2, 5000);
    recording.close(hdsReason.cancelled);
    await homebridge.waitForLog(new RegExp(`closed ${recording.streamId} 3$`), 2000);
    const received = recording.packets.length;
    await expect(recording.fragments(received + 2, 200)).rejects.toThrow(/did not come within 200 ms/);
    expect(recording.ends).toEqual([]);
  });

  it('that vanishes closes the recording without a reason', async () => {
    behave({ end: 'wait' });
    const recording = await hub.openRecording();
    await recording.fragments(clipSeconds, 5000);
    await recording[Symbol.asyncDispose]();
    await homebridge.waitForLog(new RegExp(`closed ${recording.streamId} undefined$`), 2000);
    expect(recording.ends).toEqual([{ by: 'connection' }]);
    await expect(recording.fragments(clipSeconds + 1, 5000)).rejects.toThrow(/did not come.*"by":"connection"/);
  });

  it('is told the reason when the camera fails', async () => {
    behave({ end: 'throw' });
    await using recording = await hub.openRecording();
    expect(await recording.ended(5000)).toEqual({ by: 'close', reason: hdsReason.unexpectedFailure });
    expect(recording.packets).toHaveLength(1 + clipSeconds);
  });

  it('is closed when the camera is switched off in the Home app', async () => {
    behave({ end: 'wait' });
    await using recording = await hub.openRecording();
    await recording.fragments(clipSeconds, 5000);
    await hub.put(hapService.cameraOperatingMode, hapCharacteristic.homeKitCameraActive, 0);
    expect(await recording.ended(2000)).toEqual({ by: 'close', reason: hdsReason.notAllowed });
    await using refused = await hub.openRecording();
    expect(refused.status).toBe(hdsReason.notAllowed);
    await hub.put(hapService.cameraOperatingMode, hapCharacteristic.homeKitCameraActive, 1);
  });

  it('that stops reading gets nothing, and everything once it reads again', async () => {
    const repeat = 20;
    behave({ repeat });
    await using recording = await hub.openRecording();
    await recording.initialization(5000);
    recording.stopReading();
    await homebridge.waitForLog(new RegExp(`last ${recording.streamId}$`), 5000);
    const received = recording.packets.length;
    await expect(recording.fragments(received + 20, 200)).rejects.toThrow(/did not come/);
    recording.resumeReading();
    await recording.fragments(repeat * clipSeconds, 10_000);
    expect(await recording.ended(1000)).toEqual({ by: 'endOfStream' });
    expect(received).toBeLessThan(repeat * clipSeconds);
  });

  it('finds the selection, and a camera that still records, after a restart', async () => {
    await hub.armRecording({ ...selection, audio: false });
    const before = await recordingState(hub);
    const { storage } = homebridge;
    await hub.close();
    await homebridge.stop({ keepStorage: true });
    homebridge = await start(storage);
    hub = await resume({ host: '127.0.0.1', ...(await homebridge.accessory('Yard')), pairing: hub.pairing });
    expect(await recordingState(hub)).toEqual(before);
    await homebridge.waitForLog(/configuration .*"resolution":\[1920,1080,24\]/, 1000);
    await homebridge.waitForLog(/active true/, 1000);
    await using recording = await hub.openRecording();
    expect(await recording.ended(5000)).toEqual({ by: 'endOfStream' });
    await hub.disarmRecording();
    expect(await recordingState(hub)).toMatchObject({ active: false, selection });
  });
});

test('what a hub selects is read back as it was written', () => {
  expect(readRecordingSelection(recordingSelection(selection))).toEqual({
    ...selection, iFrameIntervalMs: 4000, eventTriggers: 1, audioCodec: 0, audioChannels: 1, audioSampleRate: 3, audioBitrateKbps: 64,
  });
  expect(readRecordingSelection(recordingSelection({ width: 1280, height: 720, fps: 30 }))).toMatchObject({ bitrateKbps: 2000, profile: 2, level: 0 });
});

test('data stream messages come back as they were written, references to earlier values are followed', () => {
  const message = {
    small: 39, larger: 40, negative: -1000, huge: 2 ** 40, fraction: 0.5, yes: true, no: false, nothing: null,
    short: Buffer.alloc(3, 7), data: Buffer.alloc(300, 1), text: 'x'.repeat(70), list: Array.from({ length: 20 }, (_, index) => index), inner: { a: 1 },
  };
  expect(decodeDataStream(encodeDataStream(message))).toEqual(message);
  // Two texts; true and 5 are not counted, so 0xa1 is the second one.
  expect(decodeDataStream(Buffer.from([0xd5, 0x41, 0x61, 0x01, 0x0d, 0x41, 0x62, 0xa1]))).toEqual(['a', true, 5, 'b', 'b']);
  expect(() => decodeDataStream(Buffer.from([0xd2, 0x41, 0x61]))).toThrow(/ends 1 bytes too early/);
  expect(() => decodeDataStream(Buffer.from([0xa0]))).toThrow(/refers to value 0/);
});

describe('packets that break the protocol are not accepted:', () => {
  const event = (metadata: DataStreamDictionary, more: DataStreamDictionary = {}): DataStreamDictionary => ({
    streamId: 7,
    packets: [{ data: Buffer.alloc(4), metadata: { dataType: 'mediaInitialization', dataSequenceNumber: 1, dataChunkSequenceNumber: 1, isLastDataChunk: true, dataTotalSize: 4, ...metadata } }],
    endOfStream: false,
    ...more,
  });

  test.each([
    ['another stream', event({}, { streamId: 8 }), /wrong stream id: 8 instead of 7/],
    ['a packet left out', event({ dataSequenceNumber: 2 }), /wrong dataSequenceNumber: 2 instead of 1/],
    ['a chunk left out', event({ dataChunkSequenceNumber: 2 }), /wrong dataChunkSequenceNumber/],
    ['a size that is not that of the chunks', event({ dataTotalSize: 5 }), /wrong size of the chunks together: 4 instead of 5/],
    ['no size', event({ dataTotalSize: undefined }), /no dataTotalSize/],
    ['a fragment before the initialization', event({ dataType: 'mediaFragment' }), /wrong dataType/],
    ['an end before the last chunk', event({ isLastDataChunk: false }, { endOfStream: true }), /wrong endOfStream/],
  ])('%s', (_, message, complaint) => {
    expect(() => new PacketAssembler(7).add(message, 0, 0)).toThrow(complaint);
  });

  test('but chunks in order make one packet, with the arrival of the first and of the last', () => {
    const assembler = new PacketAssembler(7);
    expect(assembler.add(event({ isLastDataChunk: false, dataTotalSize: 8 }, { endOfStream: undefined }), 1, 2)).toBeUndefined();
    const second = event({ dataChunkSequenceNumber: 2, dataTotalSize: undefined }, { endOfStream: true });
    expect(assembler.add(second, 3, 4)).toEqual({ kind: 'mediaInitialization', data: Buffer.alloc(8), firstByteMs: 1, completeMs: 4, isLast: true });
  });
});
