import { randomBytes, randomUUID } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import {
  AudioStreamingCodecType,
  AudioStreamingSamplerate,
  H264Level,
  H264Profile,
  SRTPCryptoSuites,
  StreamRequestTypes,
  type PrepareStreamRequest,
  type StartStreamRequest,
} from 'homebridge';
import type { CameraConfig } from '../../src/config/options.js';
import { CameraEvents } from '../../src/events/camera-events.js';
import type { StillRenderer } from '../../src/ffmpeg/still.js';
import { EventMoments } from '../../src/homekit/event-moments.js';
import { StreamingDelegate } from '../../src/homekit/live/streaming-delegate.js';
import { Arming } from '../../src/homekit/recording/arming.js';
import { SnapshotService } from '../../src/homekit/snapshot.js';
import { MotionDetection } from '../../src/motion/motion-detection.js';
import type { MotionPool } from '../../src/motion/motion-pool.js';
import type { Camera } from '../../src/pipeline/camera.js';
import { Recording } from '../../src/pipeline/recording/recording.js';
import type { HouseBudget } from '../../src/resources/house-budget.js';
import type { CameraSettings } from './camera/rtsp-camera.js';
import { openCamera, type OpenedCamera } from './opened-camera.js';

export interface SoakedCameraOptions {
  readonly name: string;
  readonly settings: Partial<CameraSettings>;
  readonly options?: Partial<CameraConfig>;
  readonly budget: HouseBudget;
  readonly renderer: StillRenderer;
  readonly motionPool: MotionPool;
  /** Where all views are sent to. */
  readonly viewer: Socket;
}

/** What a viewer asks for. */
export interface AskedPicture {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly kbps: number;
}

/** What came of what was asked, so that a soak in which nothing happened is seen. */
export interface SoakCounts {
  views: number;
  refusedViews: number;
  snapshots: number;
  failedSnapshots: number;
  fragments: number;
}

/** A camera with all that is made of it, as the accessory holds it together, but without Homebridge: to be treated badly. */
export class SoakedCamera implements AsyncDisposable {
  readonly counts: SoakCounts = { views: 0, refusedViews: 0, snapshots: 0, failedSnapshots: 0, fragments: 0 };
  readonly #opened: OpenedCamera;
  readonly #viewer: Socket;
  readonly #events: CameraEvents;
  readonly #moments: EventMoments;
  readonly #motion: MotionDetection;
  readonly #snapshots: SnapshotService;
  readonly #delegate: StreamingDelegate;
  readonly #arming: Arming;
  readonly #views = new Set<string>();
  readonly #recordings = new Set<AbortController>();
  /** What has been asked for and is not over. */
  readonly #pending = new Set<Promise<void>>();
  #private = false;
  #armed = false;

  static async open({ settings, options, ...rest }: SoakedCameraOptions): Promise<SoakedCamera> {
    return new SoakedCamera(await openCamera(settings, { ...options, name: rest.name }), rest);
  }

  private constructor(opened: OpenedCamera, { name, budget, renderer, motionPool, viewer }: Omit<SoakedCameraOptions, 'settings' | 'options'>) {
    const { camera } = opened;
    this.#opened = opened;
    this.#viewer = viewer;
    this.#events = new CameraEvents({ motionTimeoutMs: 500, onMistake: (error) => fail(`an event was not heard: ${String(error)}`) });
    this.#moments = new EventMoments(camera, this.#events, () => !this.#private);
    this.#motion = new MotionDetection({ camera, events: this.#events, pool: motionPool });
    this.#snapshots = new SnapshotService(camera, renderer);
    this.#delegate = new StreamingDelegate(camera, this.#snapshots, this.#moments, budget.camera(name));
    this.#arming = new Arming(camera);
  }

  get camera(): Camera {
    return this.#opened.camera;
  }

  get views(): readonly string[] {
    return [...this.#views];
  }

  get recordings(): number {
    return this.#recordings.size;
  }

  /** Prepares a view and starts it. @param starts false: it stays prepared. @param sessionID of one that is prepared again. */
  view(asked: AskedPicture, starts = true, sessionID: string = randomUUID()): string {
    this.#views.add(sessionID);
    const request = prepareRequest(sessionID, this.#viewer.address());
    this.#follow(
      new Promise((resolve) => {
        this.#delegate.prepareStream(request, (error) => {
          this.counts[error ? 'refusedViews' : 'views'] += 1;
          if (!error && starts && this.#views.has(sessionID)) {
            this.#delegate.handleStreamRequest(startRequest(sessionID, asked), () => resolve());
          } else {
            resolve();
          }
        });
      }),
    );
    return sessionID;
  }

  reconfigure(sessionID: string, { width, height, fps, kbps }: AskedPicture): void {
    this.#delegate.handleStreamRequest({ type: StreamRequestTypes.RECONFIGURE, sessionID, video: { width, height, fps, max_bit_rate: kbps, rtcp_interval: 0.5 } }, () => undefined);
  }

  stopView(sessionID: string): void {
    this.#views.delete(sessionID);
    this.#delegate.handleStreamRequest({ type: StreamRequestTypes.STOP, sessionID }, () => undefined);
  }

  snapshot(width: number, height: number): void {
    this.#follow(
      new Promise((resolve) => {
        this.#delegate.handleSnapshotRequest({ width, height }, (error) => {
          this.counts[error ? 'failedSnapshots' : 'snapshots'] += 1;
          resolve();
        });
      }),
    );
  }

  record(): void {
    const stop = new AbortController();
    this.#recordings.add(stop);
    this.#follow(this.#take(stop.signal).finally(() => this.#recordings.delete(stop)));
  }

  /** The hub closes the recording that runs longest. */
  endRecording(): void {
    const [oldest] = this.#recordings;
    oldest?.abort();
  }

  set armed(armed: boolean) {
    this.#armed = armed;
    this.#arming.armed = armed && !this.#private;
  }

  get armed(): boolean {
    return this.#armed;
  }

  set looksForMotion(on: boolean) {
    this.#motion.run(on && !this.#private, 'soak');
  }

  get looksForMotion(): boolean {
    return this.#motion.on;
  }

  /** As the accessory does when the privacy switch is turned. */
  set private(on: boolean) {
    if (on === this.#private) {
      return;
    }
    this.#private = on;
    this.#events.deafToMotion = on;
    this.camera.barred = on;
    this.armed = this.#armed;
    if (on) {
      this.#motion.run(false, 'private');
      this.#moments.forget();
      this.#delegate.endAll();
      this.camera.pause();
      this.#snapshots.forget();
    } else {
      this.camera.start();
    }
  }

  get private(): boolean {
    return this.#private;
  }

  /** Somebody rings: what it looks like is kept. */
  ring(): void {
    this.#events.ring('http');
  }

  /** The camera breaks its connections, as some do every now and then. */
  breakConnections(): void {
    this.#opened.simulated.dropConnections();
  }

  /** The camera is gone for so long. */
  reboot(ms: number): void {
    const { simulated } = this.#opened;
    const away = async (): Promise<void> => {
      await simulated.stop();
      await new Promise((resolve) => setTimeout(resolve, ms));
      await simulated.start();
    };
    this.#follow(away());
  }

  /** Ends all that was begun, as everyone at home would, and waits until it is over. Nothing is disposed. */
  async calmDown(): Promise<void> {
    this.private = false;
    this.armed = false;
    this.looksForMotion = false;
    this.#moments.forget();
    this.views.forEach((sessionID) => this.stopView(sessionID));
    this.#recordings.forEach((stop) => stop.abort());
    this.camera.shorten(new Set());
    await Promise.all(this.#pending);
    this.views.forEach((sessionID) => this.stopView(sessionID));
    this.camera.pause();
  }

  /** What is still held, in words; nothing once it has calmed down. */
  held(): string[] {
    const { streams } = this.camera.status();
    return streams.flatMap(({ name, state, leases, ringBytes, decoder, renditions }) => [
      ...leases.map((holder) => `${name} stream: ${holder}`),
      ...decoder.leases.map((holder) => `${name} decoder: ${holder}`),
      ...renditions.map(({ rendition, leases: holders }) => `${name} rendition ${rendition}: ${holders.join(', ')}`),
      ...(state === 'asleep' ? [] : [`${name} stream is ${state}`]),
      ...(decoder.processes > 0 ? [`${name} decoder runs`] : []),
      ...(decoder.pool.inUse > 0 ? [`${name} pictures: ${decoder.pool.inUse}`] : []),
      ...(decoder.pool.bytes > 0 ? [`${name} pictures: ${decoder.pool.bytes} bytes`] : []),
      ...(ringBytes > 0 ? [`${name} ring: ${ringBytes} bytes`] : []),
      ...(this.camera.stream(name).packets.readers > 0 ? [`${name} readers: ${this.camera.stream(name).packets.readers}`] : []),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#motion[Symbol.dispose]();
    this.#arming[Symbol.dispose]();
    this.#moments[Symbol.dispose]();
    this.#events[Symbol.dispose]();
    await this.#delegate[Symbol.asyncDispose]();
    await this.#opened[Symbol.asyncDispose]();
  }

  async #take(signal: AbortSignal): Promise<void> {
    const request = { prebufferMs: 4_000, fragmentMs: 4_000, width: 640, height: 360, maxFps: 30, bitrateKbps: 500, profile: 'high', level: '3.1', sound: false, soundKbps: 64 } as const;
    const recording = new Recording({ camera: this.camera, request, signal, whyEnd: () => (this.#private ? 'private' : undefined), unreadBytes: () => 0 });
    try {
      for await (const _packet of recording.packets()) {
        this.counts.fragments += 1;
      }
    } catch {
      // There was no picture; that is told in the log.
    }
  }

  #follow(asked: Promise<void>): void {
    this.#pending.add(asked);
    void asked.finally(() => this.#pending.delete(asked));
  }
}

function prepareRequest(sessionID: string, { address, port }: AddressInfo): PrepareStreamRequest {
  const source = { port, srtpCryptoSuite: SRTPCryptoSuites.AES_CM_128_HMAC_SHA1_80, srtp_key: randomBytes(16), srtp_salt: randomBytes(14) };
  return { sessionID, sourceAddress: address, targetAddress: address, addressVersion: 'ipv4', audio: source, video: source };
}

function startRequest(sessionID: string, { width, height, fps, kbps }: AskedPicture): StartStreamRequest {
  return {
    sessionID,
    type: StreamRequestTypes.START,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- Homebridge does not pass on the names of these numbers.
    video: { codec: 0, packetizationMode: 0, profile: H264Profile.HIGH, level: H264Level.LEVEL3_1, width, height, fps, pt: 99, ssrc: 1, max_bit_rate: kbps, rtcp_interval: 0.5, mtu: 1378 },
    audio: { codec: AudioStreamingCodecType.OPUS, channel: 1, bit_rate: 0, sample_rate: AudioStreamingSamplerate.KHZ_24, packet_time: 20, pt: 110, ssrc: 2, max_bit_rate: 24, rtcp_interval: 5, comfort_pt: 13, comfortNoiseEnabled: false },
  };
}

function fail(message: string): never {
  throw new Error(message);
}
