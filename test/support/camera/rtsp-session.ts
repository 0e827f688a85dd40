import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Feed, Viewer } from './feed.js';
import type { ReceivedFrame, RtspAnswer, RtspRequest } from './rtsp-messages.js';
import { RtspRequestReader, writeAnswer } from './rtsp-messages.js';
import type { DescriptionSettings, TrackName } from './sdp.js';
import { sessionDescription, trackIds } from './sdp.js';
import type { SenderDefects } from './sender-defects.js';
import type { Speaker, SpeakerSettings } from './speaker.js';
import { backchannelFeature, speakerControl } from './speaker.js';
import type { Counts, StreamName } from './statistics.js';
import type { DatagramPorts, TrackOutput } from './track-outputs.js';
import { DatagramOutput, InterleavedOutput } from './track-outputs.js';

export type Transport = 'tcp' | 'udp';

/** What requests come on and answers go to: a TCP connection, TLS on one, or a tunnel of two. */
export type RtspSocket = Duplex & { readonly remoteAddress?: string | undefined };

/** What a connection needs from its camera. */
export interface CameraServices {
  readonly counts: Counts;
  readonly ports: DatagramPorts;
  readonly transports: readonly Transport[];
  readonly parameterSetsInSdp: boolean;
  readonly defects: SenderDefects;
  readonly speaker: (SpeakerSettings & { readonly records: Speaker }) | undefined;
  /** A camera that has never heard of Require headers. */
  readonly ignoresRequire: boolean;
  readonly description: DescriptionSettings;
  feed(name: string): Feed | undefined;
  nowMs(): number;
  isFrozen(): boolean;
  /** An answer that takes the place of the right one: a missing or wrong password, a fault. */
  refusal(request: RtspRequest): RtspAnswer | undefined;
  /** False when the camera has as many sessions as it can have. */
  takeSession(): boolean;
  giveSessionBack(): void;
}

interface Session {
  readonly id: string;
  readonly stream: StreamName;
  readonly outputs: Map<TrackName, TrackOutput>;
  /** Present while it plays. */
  viewer: Viewer | undefined;
  /** Present where the speaker was set up: the channel that its sound comes on, and whether PLAY was answered. */
  talk: { readonly channel: number; speaks: boolean } | undefined;
}

/** Those with which a speaker is taken and let go. */
const slowMethods: ReadonlySet<string> = new Set(['PLAY', 'TEARDOWN']);

/** What is done once the answer is on its way. */
type Handled = RtspAnswer & { readonly then?: () => void };

/** One RTSP connection with at most one session, as FFmpeg and cameras' own apps use it. The session ends with the connection. */
export class RtspConnection {
  private readonly reader = new RtspRequestReader();
  private session: Session | undefined;
  private hasPlayed = false;
  /** What came while the camera was frozen. */
  private unread: Buffer[] = [];

  constructor(
    private readonly socket: RtspSocket,
    private readonly camera: CameraServices,
    onClosed: () => void,
  ) {
    camera.counts.connections.up();
    socket.on('data', (bytes: Buffer) => this.receive(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const { lingersMs } = camera.speaker ?? {};
      if (lingersMs !== undefined && this.session?.talk) {
        setTimeout(() => this.endSession(), lingersMs).unref();
      } else {
        this.endSession();
      }
      camera.counts.connections.down();
      if (this.hasPlayed) {
        camera.counts.playedConnections.down();
      }
      onClosed();
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Answers what came while the camera was frozen. */
  thaw(): void {
    const unread = this.unread;
    this.unread = [];
    unread.forEach((bytes) => this.receive(bytes));
  }

  private receive(bytes: Buffer): void {
    if (this.camera.isFrozen()) {
      this.unread.push(bytes);
      return;
    }
    try {
      this.reader.read(bytes).forEach((message) => ('method' in message ? this.answer(message) : this.hear(message)));
    } catch {
      this.socket.destroy();
    }
  }

  /** Sound before the answer to PLAY is lost, as are receiver reports. */
  private hear({ channel, packet }: ReceivedFrame): void {
    const talk = this.session?.talk;
    if (talk?.speaks && channel === talk.channel) {
      this.camera.speaker?.records.hear(packet);
    }
  }

  private answer(request: RtspRequest): void {
    const required = request.headers.get('require') !== undefined;
    if (required || this.session?.talk) {
      this.camera.speaker?.records.requests.push({ method: request.method, required });
    }
    const { takesMs } = this.camera.speaker ?? {};
    if (takesMs !== undefined && this.session?.talk && slowMethods.has(request.method)) {
      setTimeout(() => this.answerNow(request), takesMs).unref();
    } else {
      this.answerNow(request);
    }
  }

  private answerNow(request: RtspRequest): void {
    const { then, ...answer }: Handled = this.camera.refusal(request) ?? this.unknownRequirement(request) ?? this.handle(request);
    this.socket.write(writeAnswer(answer, request.headers.get('cseq') ?? '0'));
    then?.();
  }

  private handle(request: RtspRequest): Handled {
    const handlers: Readonly<Record<string, () => Handled>> = {
      OPTIONS: () => ({ status: 200, headers: { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN' } }),
      DESCRIBE: () => this.describe(request),
      SETUP: () => this.setUp(request),
      PLAY: () => this.play(request),
      PAUSE: () => this.pause(),
      GET_PARAMETER: () => (this.camera.speaker?.withoutGetParameter ? { status: 501 } : { status: 200, headers: this.sessionHeader() }),
      SET_PARAMETER: () => ({ status: 200, headers: this.sessionHeader() }),
      TEARDOWN: () => {
        this.endSession();
        return { status: 200 };
      },
    };
    return handlers[request.method]?.() ?? { status: 501 };
  }

  /** RFC 2326 12.32: who does not know what is required has to say so. */
  private unknownRequirement({ headers }: RtspRequest): Handled | undefined {
    const { speaker, ignoresRequire } = this.camera;
    const required = headers.get('require');
    const known = required === undefined || ignoresRequire || (required === backchannelFeature && speaker !== undefined);
    return known ? undefined : { status: 551, headers: { Unsupported: required } };
  }

  private describe(request: RtspRequest): Handled {
    const feed = this.camera.feed(place(request.url).stream);
    if (!feed) {
      return { status: 404 };
    }
    const headers = { 'Content-Type': 'application/sdp', 'Content-Base': `${request.url.replace(/\/$/, '')}/` };
    const { speaker, ignoresRequire, parameterSetsInSdp, description, defects } = this.camera;
    const mayTalk = request.headers.get('require') === backchannelFeature && !ignoresRequire;
    return { status: 200, headers, body: sessionDescription(feed.footage, parameterSetsInSdp, mayTalk ? speaker : undefined, { ...description, defects }) };
  }

  private setUp(request: RtspRequest): Handled {
    const { stream, track } = place(request.url);
    const feed = this.camera.feed(stream);
    if (feed && track === 'speaker' && this.camera.speaker && request.headers.get('require') === backchannelFeature) {
      return this.setUpSpeaker(request, stream as StreamName, this.camera.speaker);
    }
    if (!feed || !track || track === 'speaker' || (track === 'audio' && !feed.footage.audio)) {
      return { status: 404 };
    }
    if (this.session && (this.session.viewer !== undefined || this.session.stream !== stream)) {
      return { status: 455 };
    }
    const transport = this.transport(request.headers.get('transport') ?? '');
    if (!transport) {
      return { status: 461 };
    }
    if (!this.session && !this.camera.takeSession()) {
      return { status: 453 };
    }
    this.session ??= newSession(stream as StreamName);
    this.session.outputs.set(track, transport.output);
    return { status: 200, headers: { Transport: transport.header, ...this.sessionHeader() } };
  }

  private setUpSpeaker(request: RtspRequest, stream: StreamName, { busy = false }: SpeakerSettings): Handled {
    const channel = Number(/^RTP\/AVP\/TCP;.*interleaved=(\d+)/i.exec(request.headers.get('transport') ?? '')?.[1] ?? NaN);
    if (Number.isNaN(channel)) {
      return { status: 461 };
    }
    if (busy || this.camera.counts.talking.now > 0 || (!this.session && !this.camera.takeSession())) {
      return { status: 453 };
    }
    this.session ??= newSession(stream);
    this.session.talk = { channel, speaks: false };
    return { status: 200, headers: { Transport: `RTP/AVP/TCP;unicast;interleaved=${channel}-${channel + 1}`, ...this.sessionHeader() } };
  }

  /** The first transport offered that this camera has. */
  private transport(offers: string): { output: TrackOutput; header: string } | undefined {
    const { counts, ports, transports } = this.camera;
    for (const offer of offers.split(',')) {
      const [, rtp = NaN, rtcp = NaN] = (/(?:interleaved|client_port)=(\d+)-(\d+)/.exec(offer) ?? []).map(Number);
      if (/^RTP\/AVP\/TCP/i.test(offer.trim()) && transports.includes('tcp')) {
        const [first, second] = Number.isNaN(rtp) ? [0, 1] : [rtp, rtcp];
        return { output: new InterleavedOutput(this.socket, first, second, counts), header: `RTP/AVP/TCP;unicast;interleaved=${first}-${second}` };
      }
      if (/^RTP\/AVP(?:\/UDP)?;/i.test(offer.trim()) && !/multicast/i.test(offer) && transports.includes('udp') && !Number.isNaN(rtp)) {
        const output = new DatagramOutput(ports, this.socket.remoteAddress ?? '127.0.0.1', rtp, rtcp, counts);
        return { output, header: `RTP/AVP;unicast;client_port=${rtp}-${rtcp};server_port=${ports.portRange}` };
      }
    }
    return undefined;
  }

  private play(request: RtspRequest): Handled {
    const { session, camera } = this;
    const feed = session && camera.feed(session.stream);
    if (!feed) {
      return { status: 454 };
    }
    if (session.talk && camera.speaker?.playStatus !== undefined) {
      return { status: camera.speaker.playStatus };
    }
    const talk = session.talk;
    const beginTalking = (): void => {
      if (talk && !talk.speaks) {
        talk.speaks = true;
        camera.counts.talking.up();
      }
    };
    if (session.viewer || session.outputs.size === 0) {
      return { status: 200, headers: this.sessionHeader(), then: beginTalking };
    }
    const information = [...session.outputs.keys()].map((name) => {
      const first = feed.first(name);
      return `url=${request.url.replace(/\/$/, '')}/trackID=${trackIds[name]};seq=${first?.sequence ?? 0};rtptime=${first?.timestamp ?? 0}`;
    });
    return {
      status: 200,
      headers: { ...this.sessionHeader(), 'RTP-Info': information.join(',') },
      then: () => {
        beginTalking();
        this.beginPlaying(session, feed);
      },
    };
  }

  private beginPlaying(session: Session, feed: Feed): void {
    session.viewer = { outputs: session.outputs };
    this.camera.counts.playing[session.stream].up();
    if (!this.hasPlayed) {
      this.hasPlayed = true;
      this.camera.counts.playedConnections.up();
    }
    feed.join(session.viewer, this.camera.nowMs());
  }

  private pause(): Handled {
    if (!this.session) {
      return { status: 454 };
    }
    this.endPlaying(this.session);
    return { status: 200, headers: this.sessionHeader() };
  }

  private endPlaying(session: Session): void {
    if (session.viewer) {
      this.camera.feed(session.stream)?.leave(session.viewer);
      this.camera.counts.playing[session.stream].down();
      session.viewer = undefined;
    }
  }

  private endSession(): void {
    if (this.session) {
      this.endPlaying(this.session);
      if (this.session.talk?.speaks) {
        this.camera.counts.talking.down();
      }
      this.session.outputs.forEach((output) => output.close());
      this.session = undefined;
      this.camera.giveSessionBack();
    }
  }

  private sessionHeader(): Record<string, string> {
    return this.session ? { Session: `${this.session.id};timeout=${this.camera.speaker?.sessionTimeoutSeconds ?? 60}` } : {};
  }
}

function newSession(stream: StreamName): Session {
  return { id: randomBytes(8).toString('hex'), stream, outputs: new Map(), viewer: undefined, talk: undefined };
}

/** `rtsp://host/main/trackID=0` is track 0 of the stream `main`. */
function place(url: string): { stream: string; track: TrackName | 'speaker' | undefined } {
  const [, stream = '', control = ''] = (URL.canParse(url) ? new URL(url).pathname : '').split('/');
  const track = (['video', 'audio'] as const).find((name) => control === `trackID=${trackIds[name]}`);
  return { stream, track: control === speakerControl ? 'speaker' : track };
}
