import { cameraSchema } from '../../src/config/options.js';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { SnapshotService, type SnapshotCamera } from '../../src/homekit/snapshot.js';
import type { AccessUnit, VideoFormat } from '../../src/media/access-unit.js';
import { i420Bytes, pictureOf, type Picture } from '../../src/media/picture.js';
import { CameraStream } from '../../src/pipeline/camera-stream.js';
import { unturned } from '../../src/policy/picture-turn.js';
import { ProblemLog } from '../../src/problem-log.js';
import { softwareOf } from './test-ffmpeg.js';

const format: VideoFormat = { codec: 'h264', parameterSets: [], width: 1920, height: 1080, profile: 'High', level: '4.0', reorders: false, fullRange: false };
const ffmpeg: Ffmpeg = { path: 'ffmpeg', version: '7.0', libavutilMajor: 59, origin: 'test' };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined };

/** What takes the place of FFmpeg, and of the camera's still picture, if it has one. */
export interface Rendering {
  readonly render?: (keyframe: AccessUnit) => Promise<Buffer>;
  readonly renderMoment?: (signal: AbortSignal) => Promise<Buffer>;
  readonly stillImage?: SnapshotCamera['stillImage'];
  readonly decode?: (keyframe: AccessUnit, signal: AbortSignal) => Promise<Picture>;
}

/** A picture without anything on it, small. */
export function blankPicture({ timeMs }: Pick<AccessUnit, 'timeMs'>): Picture {
  const size = { width: 160, height: 90 };
  return pictureOf({ ...size, timeMs, i420: new Uint8Array(i420Bytes(size.width, size.height)) });
}

/** The snapshots of a camera whose stream is fed by the test instead of an FFmpeg, and a renderer that keeps count. */
export function staged({ render, renderMoment, decode, stillImage }: Rendering = {}) {
  const config = cameraSchema.parse({ name: 'Gate', source: 'rtsp://127.0.0.1:9/none', recording: false });
  const stream = new CameraStream({
    name: 'main',
    source: { kind: 'rtsp', url: config.source, transport: 'tcp' },
    turn: unturned,
    hardware: softwareOf(),
    onNote: () => undefined,
    sound: false,
    ffmpeg: () => new Promise(() => undefined),
    idleTimeoutMs: config.idleTimeout * 1_000,
    socketFolder: '/nowhere',
    onProblem: () => undefined,
    onConnected: () => undefined,
    onFormat: () => undefined,
    onSoundProblem: () => undefined,
  });
  /** The keyframes that were made a picture of as they are, and those that were decoded to be drawn into. */
  const rendered: AccessUnit[] = [];
  const decoded: AccessUnit[] = [];
  const camera: SnapshotCamera = {
    config,
    streams: [stream],
    stream: () => stream,
    newestFrame: () => undefined,
    stillImage,
    ffmpeg: () => Promise.resolve(ffmpeg),
    problems: new ProblemLog('Gate', quiet),
    note: () => undefined,
  };
  const service = new SnapshotService(camera, {
    render: (_ffmpeg, keyframe) => {
      rendered.push(keyframe);
      return render ? render(keyframe) : Promise.resolve(Buffer.from(`picture of ${keyframe.timeMs}`));
    },
    renderJpeg: (_ffmpeg, picture) => Promise.resolve(Buffer.from(`smaller than ${picture.width}x${picture.height}`)),
    renderMoment: (_ffmpeg, _moment, _size, signal) => (renderMoment ? renderMoment(signal) : Promise.resolve(Buffer.from('picture of the event'))),
    decode: (_ffmpeg, keyframe, _size, signal) => {
      decoded.push(keyframe);
      return decode ? decode(keyframe, signal) : Promise.resolve(blankPicture(keyframe));
    },
    renderFrame: (_ffmpeg, picture) => {
      const drawn = picture()?.i420.some((value) => value > 0) ? 'captioned' : 'blank';
      return Promise.resolve(Buffer.from(`${drawn} picture of ${picture()?.timeMs}`));
    },
  });
  const publish = (timeMs = performance.now()) => stream.packets.publish({ format, data: new Uint8Array(100), keyframe: true, timeMs, decodeTimeMs: timeMs });
  return {
    stream, service, rendered, decoded, publish,
    [Symbol.asyncDispose]: () => stream.close(),
  }; // prettier-ignore
}
