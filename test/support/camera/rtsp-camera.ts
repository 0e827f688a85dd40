import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { AuthenticationSettings } from './authentication.js';
import { challenge, isAuthorised } from './authentication.js';
import type { ShownScene } from './drawn-scene.js';
import type { FirstPicture, MicrophoneClock, StartAt } from './feed.js';
import { Feed } from './feed.js';
import type { AudioCodec, Footage, FootageSettings, SceneFootage } from './footage.js';
import { loadFootage, loadScenes } from './footage.js';
import type { DescriptionSettings } from './sdp.js';
import type { RtspAnswer, RtspRequest, RtspStatus } from './rtsp-messages.js';
import type { CameraServices, RtspSocket, Transport } from './rtsp-session.js';
import { RtspConnection } from './rtsp-session.js';
import type { SenderDefects } from './sender-defects.js';
import type { HeardPacket, SpeakerSettings, TalkRequest } from './speaker.js';
import { Speaker } from './speaker.js';
import type { CameraStatistics, StreamName } from './statistics.js';
import { Counts } from './statistics.js';
import { DatagramPorts } from './track-outputs.js';
import { Tunnels } from './tunnels.js';

export type { FootageSettings } from './footage.js';

/** A simulated camera. Only `main` is required; `{ main: {} }` is 1080p30 H.264 at 4 Mbit/s without sound. */
export interface CameraSettings {
  readonly main: FootageSettings;
  readonly sub?: FootageSettings;
  /** 0, the default, takes a free one; it stays the same across `stop()` and `start()`. */
  readonly port?: number;
  readonly host?: string;
  readonly ffmpegPath?: string;
  readonly authentication?: AuthenticationSettings;
  /** What SETUP accepts; both by default. */
  readonly transports?: readonly Transport[];
  /** What a client gets first; default `immediately`, in the middle of a GOP. */
  readonly startAt?: StartAt;
  /** Parameter sets in the session description; default true. */
  readonly parameterSetsInSdp?: boolean;
  /** Parameter sets before each keyframe; default true. */
  readonly parameterSetsInBand?: boolean;
  /** How long after the newest PLAY no packet has parameter sets; default 0. */
  readonly parameterSetsAfterMs?: number;
  /** What is wrong with how it sends its picture. */
  readonly defects?: SenderDefects;
  /** False: never sends RTCP sender reports, so that nobody learns its clock; default true. */
  readonly senderReports?: boolean;
  /** How long after PLAY a client gets its first sound (and the first report about it); default 0. */
  readonly microphoneStartsAfterMs?: number;
  /** What is wrong with the microphone's clock. */
  readonly microphoneClock?: MicrophoneClock;
  /** Sessions over all streams; the next SETUP is answered with 453. */
  readonly sessionLimit?: number;
  /** A speaker that can be talked to; without it a Require header is answered with 551. */
  readonly speaker?: SpeakerSettings;
  /** A camera that has never heard of Require headers, and describes no speaker to whoever asks; default false. */
  readonly ignoresRequire?: boolean;
  /** Every DESCRIBE is answered with 302 to this address. */
  readonly movedTo?: string;
  /** RTSP within HTTP is taken too, on the same port (and nothing else where it is `only`); default false. */
  readonly tunnel?: boolean | 'only';
  /** Speaks TLS only (rtsps://), with this certificate and key, both PEM. */
  readonly encrypted?: { readonly certificate: string; readonly key: string };
  /** Of its session description: who made it (default: nobody), and the direction of its microphone (default: none is said). */
  readonly description?: DescriptionSettings;
  /** Every DESCRIBE of an address that this matches is answered with 404. */
  readonly unknownAddress?: RegExp;
}

/** Statuses that `answerWith()` can force upon DESCRIBE. */
export type ForcedStatus = Extract<RtspStatus, 401 | 404 | 453 | 503>;

/** `payloads`: right headers around random bytes; `bytes`: random bytes between the packets, so that interleaved framing is lost. */
export type Garbage = 'payloads' | 'bytes';

/** The address of a stream, with user and password where they are given. */
export function cameraUrl(host: string, port: number, stream: StreamName, authentication: AuthenticationSettings | undefined, scheme = 'rtsp'): string {
  const user = authentication ? `${encodeURIComponent(authentication.user)}:${encodeURIComponent(authentication.password)}@` : '';
  return `${scheme}://${user}${host}:${port}/${stream}`;
}

/** Makes the footage where it is not cached yet, and listens. */
export async function startCamera(settings: CameraSettings): Promise<SimulatedCamera> {
  const [main, sub] = await Promise.all([loadScenes(settings.main, settings.ffmpegPath), settings.sub && loadScenes(settings.sub, settings.ffmpegPath)]);
  const camera = new SimulatedCamera(settings, main, sub);
  await camera.start();
  return camera;
}

/** The first picture of a scene in each stream. */
export interface SceneBegin {
  readonly main: FirstPicture;
  readonly sub?: FirstPicture;
}

/** The same on a clock that differs by so much. */
export function shifted({ main, sub }: SceneBegin, offsetMs: number): SceneBegin {
  const shift = ({ counter, sentMs }: FirstPicture): FirstPicture => ({ counter, sentMs: sentMs + offsetMs });
  return { main: shift(main), ...(sub && { sub: shift(sub) }) };
}

/** What exists only between `start()` and `stop()`. */
interface Listening {
  readonly server: Server;
  readonly ports: DatagramPorts;
  nonce: string;
  readonly connections: Set<RtspConnection>;
}

/** A camera with real sockets. All times it gives are `performance.now()` of this process. */
export class SimulatedCamera {
  private readonly counts = new Counts();
  private readonly speaker = new Speaker();
  private readonly feeds: Map<string, Feed>;
  /** When the footage began: the first start. */
  private epochMs: number | undefined;
  private readonly host: string;
  private listening: Listening | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Where it listens; known once it has started. */
  port: number;
  private sessions = 0;
  private authentication: AuthenticationSettings | undefined;
  private frozen = false;
  private forcedStatus: ForcedStatus | undefined;
  private loseEveryNth = 0;
  private packetsSinceLoss = 0;
  private microphoneMuted = false;
  /** How far the clock in the sender reports is off. */
  private clockOffsetMs = 0;
  private readonly garbageUntilMs: Record<Garbage, number> = { payloads: 0, bytes: 0 };

  /** Use `startCamera()`. */
  constructor(
    private readonly settings: CameraSettings,
    main: SceneFootage,
    sub: SceneFootage | undefined,
  ) {
    this.host = settings.host ?? '127.0.0.1';
    this.port = settings.port ?? 0;
    this.authentication = settings.authentication;
    this.feeds = new Map([['main', this.feed(main, settings.main)], ...(sub && settings.sub ? [['sub', this.feed(sub, settings.sub)] as const] : [])]);
  }

  /** With user and password where there is authentication. */
  url(stream: StreamName = 'main'): string {
    return cameraUrl(this.host, this.port, stream, this.authentication, this.scheme);
  }

  urlWithoutCredentials(stream: StreamName = 'main'): string {
    return cameraUrl(this.host, this.port, stream, undefined, this.scheme);
  }

  private get scheme(): string {
    return this.settings.encrypted ? 'rtsps' : 'rtsp';
  }

  /** Listens again after `stop()`, on the same port. The footage has gone on meanwhile; RTP numbers are new, as after a reboot. */
  async start(): Promise<void> {
    if (this.listening) {
      return;
    }
    const ports = await DatagramPorts.open(this.host);
    const connections = new Set<RtspConnection>();
    const connected = (socket: RtspSocket): void => {
      const connection = new RtspConnection(socket, this.services(ports), () => connections.delete(connection));
      connections.add(connection);
    };
    const { tunnel = false, encrypted } = this.settings;
    const tunnels = new Tunnels(connected);
    const take = (socket: Socket): void => {
      socket.setNoDelay(true);
      if (tunnel === false) {
        connected(socket);
      } else {
        tunnels.take(socket, tunnel !== 'only');
      }
    };
    const server = encrypted ? createTlsServer({ cert: encrypted.certificate, key: encrypted.key }, take) : createServer(take);
    server.listen(this.port, this.host);
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.listening = { server, ports, connections, nonce: randomBytes(16).toString('hex') };
    const nowMs = this.nowMs();
    this.epochMs ??= performance.now();
    this.feeds.forEach((feed) => feed.reboot(nowMs));
    this.tick();
  }

  /** Closes the port and every connection: from now on connections are refused. */
  async stop(): Promise<void> {
    const listening = this.listening;
    if (!listening) {
      return;
    }
    this.listening = undefined;
    clearTimeout(this.timer);
    const closed = once(listening.server, 'close');
    listening.server.close();
    listening.connections.forEach((connection) => connection.destroy());
    await closed;
    listening.ports.close();
  }

  /** Ends the camera. */
  async close(): Promise<void> {
    await this.stop();
  }

  statistics(): CameraStatistics {
    return this.counts.snapshot();
  }

  /** What was said to the camera's speaker, in order, over all connections. */
  heard(): readonly HeardPacket[] {
    return [...this.speaker.heard];
  }

  /** What was asked by who wanted to talk, in order, over all connections. */
  talkRequests(): readonly TalkRequest[] {
    return [...this.speaker.requests];
  }

  /** When the frame with this counter was last sent; undefined before the first time. */
  sentAt(counter: number, stream: StreamName = 'main'): number | undefined {
    const sentMs = this.feeds.get(stream)?.sentAt(counter);
    return sentMs === undefined || this.epochMs === undefined ? undefined : sentMs + this.epochMs;
  }

  /** The counter of the picture that is filmed now. */
  counterNow(stream: StreamName = 'main'): number {
    const { fps, seconds } = this.footage(stream).settings;
    return Math.floor((this.nowMs() * fps) / 1000) % (fps * seconds);
  }

  footage(stream: StreamName = 'main'): Footage {
    const feed = this.feeds.get(stream);
    if (!feed) {
      throw new Error(`This camera has no stream "${stream}".`);
    }
    return feed.footage;
  }

  /**
   * Changes what is in front of the camera, of all streams, which must have a drawn scene (`FootageSettings.scene`): each from its next keyframe on;
   * the walker comes half a GOP later, so that no keyframe tells of it. Resolves when each has sent the first picture of it. Numbers, times and connections go on.
   */
  async show(scene: ShownScene): Promise<SceneBegin> {
    const firsts = await Promise.all([...this.feeds].map(async ([name, feed]) => [name, await feed.show(scene)] as const));
    return shifted(Object.fromEntries(firsts) as { main: FirstPicture }, this.epochMs ?? 0);
  }

  /** Nothing is sent or answered any more; connections stay open and new ones are accepted. */
  freeze(): void {
    this.frozen = true;
    clearTimeout(this.timer);
  }

  /** Answers what was asked meanwhile, and goes on with the frame that is due now. */
  thaw(): void {
    if (!this.frozen) {
      return;
    }
    this.frozen = false;
    this.feeds.forEach((feed) => feed.skipTo(this.nowMs()));
    this.listening?.connections.forEach((connection) => connection.thaw());
    this.tick();
  }

  /** Breaks every connection; new ones are welcome. */
  dropConnections(): void {
    this.listening?.connections.forEach((connection) => connection.destroy());
  }

  /** Answers every DESCRIBE with this status; undefined ends it. */
  answerWith(status: ForcedStatus | undefined): void {
    this.forcedStatus = status;
  }

  sendGarbage(kind: Garbage = 'payloads', durationMs = 1000): void {
    this.garbageUntilMs[kind] = this.nowMs() + durationMs;
  }

  /** Leaves out every nth RTP packet; 0 ends it. */
  loseEvery(nth: number): void {
    this.loseEveryNth = nth;
  }

  /** No more sound from now on, and no reports about it; the track stays in every session. Its numbers go on without a gap. */
  muteMicrophone(): void {
    this.microphoneMuted = true;
  }

  unmuteMicrophone(): void {
    this.microphoneMuted = false;
  }

  /** Gives a stream's microphone another format, or takes it away, as somebody does in a camera's settings: every connection breaks, the next ones find it so. */
  async changeMicrophone(audio: AudioCodec, stream: StreamName = 'main'): Promise<void> {
    const settings = { ...this.footage(stream).settings, audio };
    const feed = this.feed(await loadScenes(settings, this.settings.ffmpegPath), settings);
    feed.reboot(this.nowMs());
    this.feeds.set(stream, feed);
    this.dropConnections();
  }

  /**
   * Another size or form of the picture in the middle of every connection, from the next keyframe on, as when somebody changes it in a camera's settings;
   * rate, keyframe distance and length of the loop must be the same. Resolves when the first such picture was sent.
   */
  async switchTo(settings: FootageSettings, stream: StreamName = 'main'): Promise<void> {
    await this.feeds.get(stream)?.switchTo(await loadFootage(settings, this.settings.ffmpegPath));
  }

  /** The clock in all sender reports from now on is off by this, as after a jump of NTP; RTP times go on as before. 0 puts it right. */
  setClock(offsetMs: number): void {
    this.clockOffsetMs = offsetMs;
  }

  /** From now on a password is to be proven with another nonce; who uses the old one is told that it is stale. */
  renewNonce(): void {
    if (this.listening) {
      this.listening.nonce = randomBytes(16).toString('hex');
    }
  }

  /** Counts for requests from now on; sessions that play go on. */
  setPassword(password: string): void {
    if (!this.authentication) {
      throw new Error('This camera asks for no password.');
    }
    this.authentication = { ...this.authentication, password };
  }

  /** Sends what is due, and comes back for the next picture. The only timer of the camera. */
  private tick(): void {
    clearTimeout(this.timer);
    if (this.frozen || !this.listening) {
      return;
    }
    const nowMs = this.nowMs();
    this.feeds.forEach((feed) => feed.sendDue(nowMs));
    const dueMs = Math.min(...[...this.feeds.values()].map((feed) => feed.dueMs));
    this.timer = setTimeout(() => this.tick(), Math.max(0, Math.ceil(dueMs - this.nowMs())));
  }

  private nowMs(): number {
    return this.epochMs === undefined ? 0 : performance.now() - this.epochMs;
  }

  private feed(scenes: SceneFootage, { scene = 'busy' }: FootageSettings): Feed {
    const { startAt = 'immediately', parameterSetsInBand = true, parameterSetsAfterMs = 0, defects = {}, senderReports = true, microphoneStartsAfterMs = 0, microphoneClock = {} } = this.settings;
    const wallClock = (cameraMs: number): number => performance.timeOrigin + (this.epochMs ?? 0) + cameraMs + this.clockOffsetMs;
    const footage = scenes.get(scene) ?? fail(`There is no footage of "${scene}".`);
    return new Feed(footage, scenes, { startAt, parameterSetsInBand, parameterSetsAfterMs, defects, senderReports, microphoneStartsAfterMs, microphoneClock }, this.feedFaults(), wallClock);
  }

  private feedFaults(): Feed['faults'] {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const camera = this;
    return {
      loses: () => camera.losesNext(),
      get spoils() {
        return camera.nowMs() < camera.garbageUntilMs.payloads;
      },
      get addsGarbage() {
        return camera.nowMs() < camera.garbageUntilMs.bytes;
      },
      get microphoneMuted() {
        return camera.microphoneMuted;
      },
    };
  }

  private losesNext(): boolean {
    this.packetsSinceLoss += 1;
    if (this.loseEveryNth === 0 || this.packetsSinceLoss < this.loseEveryNth) {
      return false;
    }
    this.packetsSinceLoss = 0;
    this.counts.packetsLost += 1;
    return true;
  }

  private services(ports: DatagramPorts): CameraServices {
    return {
      ports,
      counts: this.counts,
      transports: this.settings.transports ?? ['tcp', 'udp'],
      parameterSetsInSdp: this.settings.parameterSetsInSdp ?? true,
      defects: this.settings.defects ?? {},
      speaker: this.settings.speaker && { ...this.settings.speaker, records: this.speaker },
      ignoresRequire: this.settings.ignoresRequire ?? false,
      description: this.settings.description ?? {},
      feed: (name) => this.feeds.get(name),
      nowMs: () => this.nowMs(),
      isFrozen: () => this.frozen,
      refusal: (request) => this.refusal(request),
      takeSession: () => this.takeSession(),
      giveSessionBack: () => (this.sessions -= 1),
    };
  }

  /** OPTIONS is open to everyone, as on most cameras. */
  private refusal(request: RtspRequest): RtspAnswer | undefined {
    if (request.method === 'OPTIONS') {
      return undefined;
    }
    const { authentication } = this;
    const nonce = this.listening?.nonce ?? '';
    const stale = /^digest /i.test(request.headers.get('authorization') ?? '') && !request.headers.get('authorization')?.includes(`nonce="${nonce}"`);
    const headers = { 'WWW-Authenticate': challenge(authentication ?? { method: 'digest' }, nonce, stale) };
    if (request.method === 'DESCRIBE' && this.settings.unknownAddress?.test(request.url)) {
      return { status: 404 };
    }
    if (request.method === 'DESCRIBE' && this.settings.movedTo !== undefined) {
      return { status: 302, headers: { Location: this.settings.movedTo } };
    }
    if (request.method === 'DESCRIBE' && this.forcedStatus !== undefined) {
      return this.forcedStatus === 401 ? { status: 401, headers } : { status: this.forcedStatus };
    }
    return !authentication || isAuthorised(request, authentication, nonce) ? undefined : { status: 401, headers };
  }

  private takeSession(): boolean {
    if (this.sessions >= (this.settings.sessionLimit ?? Infinity)) {
      return false;
    }
    this.sessions += 1;
    return true;
  }
}

function fail(message: string): never {
  throw new Error(message);
}
