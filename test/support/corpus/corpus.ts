import type { ProblemCode } from '../../../src/problems.js';
import type { CameraConfig } from '../../../src/config/options.js';
import type { FootageSettings } from '../camera/footage-arguments.js';
import type { CameraSettings, SimulatedCamera } from '../camera/rtsp-camera.js';
import { withoutTimes, type CorpusFile } from './corpus-file.js';

/** A stream that is not as it should be, how it is made, and what must come of it. Those that take longest stand first: they run side by side. */
export interface CorpusStream {
  /** Completes "a camera that sends". */
  readonly name: string;
  readonly from: CorpusCamera | CorpusFile;
  readonly becomes: PictureOutcome | ProblemOutcome;
}

/** A simulated camera with these settings. */
export interface CorpusCamera extends CameraSettings {
  readonly options?: Partial<CameraConfig>;
  /** Done when pictures come. */
  readonly meanwhile?: (camera: SimulatedCamera) => Promise<void> | void;
}

export interface PictureOutcome {
  /** As decoded. */
  readonly width: number;
  readonly height: number;
  /** Whether live views copy it, or why they do not. */
  readonly view: 'copied' | RegExp;
  /** Whether recordings copy it, or why they do not; as views do unless told. */
  readonly recording?: 'copied' | RegExp;
  /** So long it may take from the first picture, or from the last of its connections, until all is well, in milliseconds. */
  readonly settlesMs?: number;
  /** The first one comes within this, in milliseconds. */
  readonly withinMs?: number;
  /** Whether it is kept in full range: only what is encoded here is made limited before it is decoded. */
  readonly fullRange?: boolean;
  /** Pictures may be damaged. */
  readonly damaged?: boolean;
  /** Connections that it takes to find out how the stream has to be taken. The picture is looked at in the last of them. */
  readonly connections: number | 'any';
}

export interface ProblemOutcome {
  readonly problem: ProblemCode;
  /** Told within this, in milliseconds. */
  readonly withinMs: number;
}

export const pictures = { width: 640, height: 360, fps: 15, bitrateKbps: 800, keyframeSeconds: 1, seconds: 4, patch: true } as const satisfies FootageSettings;
const hevc = { ...pictures, codec: 'hevc' } as const;
const inFields = { ...pictures, form: 'fields', width: 320, height: 192, fps: 10 } as const;
const size = { width: 640, height: 360 } as const;

/** Found in one connection. */
const copied = { ...size, view: 'copied', connections: 1 } as const;
const ofHevc = { ...size, view: /HEVC/, connections: 1 } as const;

export const timesCorpus: readonly CorpusStream[] = [
  { name: 'times that jump by an hour, again and again', from: { main: { ...pictures, seconds: 8 }, defects: { times: 'jumping' } }, becomes: { ...copied, connections: 3 } },
  { name: 'times that run too slowly', from: { main: pictures, defects: { times: 'slow' } }, becomes: { ...copied, connections: 2, settlesMs: 25_000 } },
  {
    // Its reader takes 25 pictures a second for granted.
    name: 'bare JPEGs, 4:2:2',
    from: { pictures, written: ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj422p', '-f', 'mjpeg'], read: ['-f', 'mjpeg'], loops: true },
    becomes: { ...copied, connections: 4 },
  },
  { name: 'one time with all pictures', from: { main: pictures, defects: { times: 'still' } }, becomes: { ...copied, connections: 3 } },
  { name: 'times that go back every second', from: { main: pictures, defects: { times: 'backwards' } }, becomes: { ...copied, connections: 3 } },
  { name: 'one time with two pictures each', from: { main: pictures, defects: { times: 'pairs' } }, becomes: copied },
  { name: 'a variable frame rate', from: { main: pictures, defects: { times: 'uneven' } }, becomes: copied },
  { name: 'a declared rate of 90000 pictures a second', from: { main: pictures, defects: { declaredFps: 90_000 } }, becomes: copied },
  { name: 'a declared rate of one picture a second', from: { main: pictures, defects: { declaredFps: 1 } }, becomes: copied },
  {
    name: 'MPEG-TS without times',
    from: { pictures, written: [...x264(0), '-f', 'mpegts'], read: ['-f', 'mpegts'], loops: true, spoiled: withoutTimes },
    becomes: { ...copied, connections: 2 },
  },
  {
    name: 'MPEG-TS without times, with B-frames',
    from: { pictures, written: [...x264(2), '-f', 'mpegts'], read: ['-f', 'mpegts'], loops: true, spoiled: withoutTimes },
    becomes: { ...size, view: /B-frames/, connections: 2 },
  },
  { name: 'bare H.264', from: { pictures, written: [...x264(0), '-f', 'h264'], read: ['-f', 'h264'], loops: true }, becomes: { ...copied, connections: 2 } },
  { name: 'bare H.264 with B-frames', from: { pictures, written: [...x264(2), '-f', 'h264'], read: ['-f', 'h264'], loops: true }, becomes: { ...size, view: /B-frames/, connections: 2 } },
];

export const parameterSetCorpus: readonly CorpusStream[] = [
  { name: 'no parameter sets', from: { main: pictures, parameterSetsInSdp: false, parameterSetsInBand: false }, becomes: { problem: 'stream-incomplete', withinMs: 40_000 } },
  { name: 'no keyframe for a minute', from: { main: { ...pictures, seconds: 60, keyframeSeconds: 60 } }, becomes: { problem: 'camera-no-keyframe', withinMs: 40_000 } },
  {
    name: 'parameter sets after 9 s, at a high bitrate',
    from: { main: { ...pictures, width: 1280, height: 720, bitrateKbps: 8_000 }, parameterSetsInSdp: false, parameterSetsAfterMs: 9_000 },
    becomes: { ...copied, width: 1280, height: 720, view: /copyMaxBitrate/, recording: 'copied', connections: 2, withinMs: 25_000 },
  },
  { name: 'HEVC without parameter sets', from: { main: hevc, parameterSetsInSdp: false, parameterSetsInBand: false }, becomes: { problem: 'stream-incomplete', withinMs: 40_000 } },
  { name: 'parameter sets in band only', from: { main: pictures, parameterSetsInSdp: false }, becomes: copied },
  { name: 'HEVC with parameter sets in band only', from: { main: hevc, parameterSetsInSdp: false }, becomes: ofHevc },
  { name: 'parameter sets in the description only', from: { main: pictures, parameterSetsInBand: false }, becomes: copied },
  { name: 'parameter sets after 4 s', from: { main: pictures, parameterSetsInSdp: false, parameterSetsAfterMs: 4_000 }, becomes: { ...copied, withinMs: 12_000 } },
  { name: 'parameter sets of HEVC after 4 s', from: { main: hevc, parameterSetsInSdp: false, parameterSetsAfterMs: 4_000 }, becomes: { ...ofHevc, connections: 2, withinMs: 16_000 } },
  { name: 'HEVC with two of each parameter set', from: { main: hevc, defects: { spareParameterSets: true } }, becomes: ofHevc },
  { name: 'HEVC with two of each parameter set, in band only', from: { main: hevc, parameterSetsInSdp: false, defects: { spareParameterSets: true } }, becomes: ofHevc },
  { name: 'several NAL units in one, with start codes', from: { main: pictures, defects: { startCodesInside: true } }, becomes: copied },
  { name: 'several NAL units in one, with start codes, in band only', from: { main: pictures, parameterSetsInSdp: false, defects: { startCodesInside: true } }, becomes: copied },
  { name: 'several NAL units of HEVC in one, with start codes', from: { main: hevc, defects: { startCodesInside: true } }, becomes: ofHevc },
  { name: 'another size all of a sudden', from: { main: pictures, meanwhile: switched({ ...pictures, width: 480, height: 272 }) }, becomes: { ...copied, width: 480, height: 272 } },
  {
    name: 'another size of HEVC all of a sudden, in band only',
    from: { main: hevc, parameterSetsInSdp: false, meanwhile: switched({ ...hevc, width: 480, height: 272 }) },
    becomes: { ...ofHevc, width: 480, height: 272 },
  },
  { name: 'interlaced pictures all of a sudden', from: { main: pictures, meanwhile: switched({ ...pictures, form: 'interlaced' }) }, becomes: { ...size, view: /interlaced/, connections: 1 } },
];

export const pictureCorpus: readonly CorpusStream[] = [
  { name: 'a keyframe every 12 s', from: { main: { ...pictures, seconds: 12, keyframeSeconds: 12 } }, becomes: { ...copied, recording: /keyframe/, withinMs: 20_000 } },
  {
    name: 'interlaced MPEG-2',
    from: { pictures: { ...pictures, fps: 25, form: 'interlaced' }, written: ['-c:v', 'mpeg2video', '-q:v', '3', '-g', '25', '-flags', '+ilme+ildct', '-f', 'mpegts'], read: ['-f', 'mpegts'], loops: true },
    becomes: { ...copied, connections: 3 },
  },
  { name: 'interlaced pictures', from: { main: { ...pictures, form: 'interlaced' } }, becomes: { ...size, view: /interlaced/, connections: 1 } },
  { name: 'pictures that may be interlaced, and are not', from: { main: { ...pictures, form: 'fakeInterlaced' } }, becomes: { ...copied, recording: 'copied' } },
  { name: 'interlaced pictures in two fields', from: { main: inFields }, becomes: { width: 320, height: 192, view: /interlaced/, connections: 1 } },
  { name: 'the fields of interlaced pictures at two times', from: { main: inFields, defects: { fieldsApart: true } }, becomes: { width: 320, height: 192, view: /interlaced/, connections: 1 } },
  { name: 'full range', from: { main: { ...pictures, form: 'fullRange' } }, becomes: { ...copied, fullRange: true } },
  { name: '4:2:2', from: { main: { ...pictures, form: 'fourTwoTwo' } }, becomes: { ...size, view: /High 4:2:2/, connections: 1 } },
  { name: '10 bits', from: { main: { ...pictures, form: 'tenBits' } }, becomes: { ...size, view: /High 10/, connections: 1 } },
  { name: '4:2:2 of 10 bits', from: { main: { ...pictures, form: 'fourTwoTwoTenBits' } }, becomes: { ...size, view: /High 4:2:2/, connections: 1 } },
  { name: 'B-frames and open GOPs', from: { main: { ...pictures, bFrames: 2, form: 'openGop', seconds: 20 } }, becomes: { ...size, view: /B-frames/, connections: 1 } },
  { name: 'keyframes only', from: { main: { ...pictures, keyframeSeconds: 1 / 15 } }, becomes: copied },
  {
    name: 'JPEGs of an odd size',
    from: { pictures: { ...pictures, width: 641, height: 361, seconds: 30 }, written: ['-c:v', 'mjpeg', '-q:v', '3', '-pix_fmt', 'yuvj422p', '-f', 'avi'], read: [], loops: false },
    becomes: { ...copied, connections: 3 },
  },
  {
    name: 'uncompressed pictures of an odd size, 4:2:2',
    from: { pictures: { ...pictures, width: 641, height: 361, seconds: 30 }, written: ['-c:v', 'rawvideo', '-pix_fmt', 'yuv422p', '-f', 'nut'], read: [], loops: false },
    becomes: { ...copied, connections: 3 },
  },
  { name: 'damaged NAL units', from: { main: pictures, defects: { damagedEvery: 7 } }, becomes: { ...copied, damaged: true } },
  { name: 'damaged NAL units of HEVC', from: { main: hevc, defects: { damagedEvery: 7 } }, becomes: { ...ofHevc, damaged: true } },
  { name: 'too few packets', from: { main: pictures, meanwhile: losing(30) }, becomes: { ...copied, damaged: true } },
  { name: 'too few packets over UDP', from: { main: pictures, transports: ['udp'], options: { transport: 'udp' }, meanwhile: losing(30) }, becomes: { ...copied, damaged: true } },
  { name: 'damaged packets for a while', from: { main: pictures, meanwhile: (camera) => camera.sendGarbage('payloads', 1_500) }, becomes: { ...copied, settlesMs: 6_000 } },
  { name: 'bytes between its packets for a while', from: { main: pictures, meanwhile: (camera) => camera.sendGarbage('bytes', 1_500) }, becomes: { ...copied, connections: 'any', settlesMs: 12_000 } },
];

function x264(bFrames: number): string[] {
  return ['-c:v', 'libx264', '-preset', 'superfast', '-g', '15', '-bf', String(bFrames), '-b:v', '800k', '-maxrate', '800k', '-bufsize', '800k'];
}

function switched(to: FootageSettings) {
  return (camera: SimulatedCamera): Promise<void> => camera.switchTo(to);
}

function losing(everyNth: number) {
  return (camera: SimulatedCamera): void => camera.loseEvery(everyNth);
}
