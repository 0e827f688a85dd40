import type { AccessUnit, VideoFormat } from '../../media/access-unit.js';
import type { Camera } from '../../pipeline/camera.js';
import type { CameraStream } from '../../pipeline/camera-stream.js';
import type { PacketReader, PacketStream } from '../../pipeline/packet-stream.js';
import { chooseLive, type LiveChoice, type StreamFacts } from '../../policy/live-choice.js';
import type { LiveRequest } from '../../policy/live-request.js';
import { LossWatch } from '../../policy/loss-watch.js';
import { renditionKey, requestAfterLoss } from '../../policy/rendition-choice.js';
import { ViewFeed } from './view-feed.js';

/** What a view moves to may begin so far in the past of what was shown: its encoder needs its time. */
const overlapMs = 250;
/** A view that has shown nothing for so long takes whatever there is. */
const stalledMs = 500;

/** Where pictures come from. Gives its leases back when it is disposed. */
interface Source extends Disposable {
  /** The same for the same pictures. */
  readonly key: string;
  readonly mode: LiveChoice['mode'];
  readonly stream: CameraStream;
  readonly packets: PacketStream;
  /** What the viewer gets of it. */
  shown(): { readonly height: number; readonly bitrateKbps: number };
}

/** What is known to be fit for copying, of the stream that is copied. */
interface Copied {
  format: VideoFormat | undefined;
  /** Whether pictures were seen out of order by then. */
  reordered: boolean;
  /** Whether its bitrate was known by then. */
  measured: boolean;
  lastTimeMs: number;
}

export interface MovingViewOptions {
  readonly camera: Camera;
  readonly request: LiveRequest;
  /** For the log. */
  readonly viewer: string;
  readonly send: (unit: AccessUnit, plannedMs: number) => void;
}

/**
 * What one viewer is shown: a camera's own packets or a rendition, moved from one to the other while it is viewed. The old pictures
 * go on until the new ones are there, and RTP time goes on in any case.
 */
export class MovingView implements Disposable {
  readonly #options: MovingViewOptions;
  readonly #loss = new LossWatch();
  #request: LiveRequest;
  #source: Source | undefined;
  #feed: ViewFeed | undefined;
  #copied: Copied = nothingCopied();
  /** What the view is about to move to, and the reader that tells when it is there. */
  #next: { readonly source: Source; readonly reader: PacketReader } | undefined;
  /** The newest picture that was sent, and when. */
  #sent: { readonly timeMs: number; readonly atMs: number } | undefined;
  #lost = 0;

  constructor(options: MovingViewOptions) {
    this.#options = options;
    this.#request = options.request;
  }

  /** Begins to send; where the camera is not there yet, its picture follows when it comes. */
  start(): void {
    this.#choose(this.#facts());
  }

  /** Pictures that this viewer missed because it was too slow. */
  get lost(): number {
    return this.#lost + (this.#feed?.lost ?? 0);
  }

  /** The viewer wants another size or bitrate from now on. */
  reconfigure(change: Pick<LiveRequest, 'width' | 'height' | 'fps' | 'bitrateKbps'>): void {
    this.#request = { ...this.#request, ...change, copyUpToKbps: undefined };
    this.#loss.restart();
    this.#choose(this.#facts(), ', asked for just now');
  }

  /** The viewer reports the share of packets that it lost. */
  hear(lostShare: number): void {
    if (!this.#loss.hear(lostShare, performance.now()) || !this.#source) {
      return;
    }
    this.#request = requestAfterLoss(this.#request, this.#source.shown());
    this.#choose(this.#facts(), ', as it loses packets');
  }

  /** The viewer needs a keyframe. */
  repeatFromKeyframe(): void {
    this.#feed?.repeatFromKeyframe(performance.now());
  }

  /** A view that waits in vain for one stream gets the other, where that one is not known to fail too. Asked now and then. */
  leaveFailing(): void {
    if (this.#source?.stream.failing === true && !this.#sent) {
      this.#choose(this.#facts(), ', in vain until now');
    }
  }

  [Symbol.dispose](): void {
    this.#dropNext();
    this.#feed?.[Symbol.dispose]();
    this.#source?.[Symbol.dispose]();
    this.#source = undefined;
  }

  #facts(): StreamFacts[] {
    return this.#options.camera.streams.map((stream) => stream.facts());
  }

  /** @param why for the log: why it is chosen anew. */
  #choose(facts: readonly StreamFacts[], why = ''): LiveChoice {
    const { camera, viewer } = this.#options;
    const choice = chooseLive(this.#request, facts, camera.config);
    const { width, height, fps, bitrateKbps } = this.#request;
    if (keyOf(choice) !== (this.#next?.source ?? this.#source)?.key) {
      camera.note(`live view for ${viewer} (${width}x${height}, ${fps} fps, ${bitrateKbps} kbit/s${why}): ${choice.because}`);
      this.#show(this.#open(choice));
    }
    return choice;
  }

  #show(source: Source): void {
    this.#dropNext();
    if (source.key === this.#source?.key) {
      source[Symbol.dispose](); // Back to where it is.
    } else if (!this.#source || !this.#sent) {
      this.#follow(source);
    } else {
      this.#next = { source, reader: source.packets.read(() => this.#moveOn()) };
      this.#moveOn();
    }
  }

  /** Moves as soon as the next source has a keyframe that is not older than what was shown. */
  #moveOn(): void {
    const source = this.#next?.source;
    const keyframe = source?.packets.liveKeyframe;
    if (!source || !keyframe) {
      return;
    }
    const { timeMs, atMs } = this.#sent ?? { timeMs: -Infinity, atMs: -Infinity };
    if (keyframe.timeMs >= timeMs - overlapMs || performance.now() - atMs > stalledMs) {
      this.#next?.reader[Symbol.dispose]();
      this.#next = undefined;
      this.#follow(source);
    }
  }

  /** From now on the view shows this; RTP time goes on. */
  #follow(source: Source): void {
    const { schedule } = this.#feed ?? {};
    this.#lost += this.#feed?.lost ?? 0;
    this.#feed?.[Symbol.dispose]();
    this.#source?.[Symbol.dispose]();
    this.#source = source;
    this.#copied = nothingCopied();
    this.#loss.restart();
    const admit = source.mode === 'copy' ? (unit: AccessUnit): boolean => this.#admit(unit, source) : (): boolean => true;
    this.#feed = new ViewFeed({ packets: source.packets, admit, send: (unit, plannedMs) => this.#send(unit, plannedMs) }, performance.now(), schedule);
    this.#feed.start();
  }

  #send(unit: AccessUnit, plannedMs: number): void {
    this.#sent = { timeMs: unit.timeMs, atMs: performance.now() };
    this.#options.send(unit, plannedMs);
  }

  /** Looks at each picture of the camera's own stream before it is copied, and chooses anew when more is known of the stream. */
  #admit(unit: AccessUnit, { key, stream }: Source): boolean {
    const copied = this.#copied;
    const reordered = !unit.keyframe && unit.timeMs < copied.lastTimeMs;
    copied.lastTimeMs = unit.timeMs;
    const newlyMeasured = unit.keyframe && !copied.measured && stream.measure() !== undefined;
    if (unit.format === copied.format && (!reordered || copied.reordered) && !newlyMeasured) {
      return true;
    }
    const own = stream.facts();
    const { codec, profile, width, height } = unit.format;
    const seen = { ...own, codec, profile, width, height, bFrames: reordered || own.bFrames };
    // A stream that was never seen is no better than one that sends pictures.
    const others = this.#facts().filter((facts) => facts.name !== stream.name && facts.codec !== undefined);
    const choice = this.#choose([seen, ...others], ', as seen now');
    Object.assign(copied, { format: unit.format, reordered: reordered || copied.reordered, measured: copied.measured || newlyMeasured });
    // What can be shown for now is shown until the other is there.
    return keyOf(choice) === key || (this.#source?.key === key && this.#sent !== undefined && codec === 'h264' && !reordered);
  }

  #open(choice: LiveChoice): Source {
    const { camera } = this.#options;
    const { stream, renditions } = camera.video(choice.stream);
    const lease = stream.lease({ holder: 'live view', waitedFor: true });
    const common = { key: keyOf(choice), mode: choice.mode, stream };
    if (choice.mode === 'copy') {
      const shown = (): ReturnType<Source['shown']> => ({ height: stream.packets.format?.height ?? 1080, bitrateKbps: stream.measure()?.bitrateKbps ?? this.#request.bitrateKbps });
      return { ...common, packets: stream.packets, shown, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    }
    const rendition = renditions.lease(choice.rendition, 'live view');
    return {
      ...common,
      packets: rendition.packets,
      shown: () => choice.rendition,
      [Symbol.dispose]: () => {
        rendition[Symbol.dispose]();
        lease[Symbol.dispose]();
      },
    };
  }

  #dropNext(): void {
    this.#next?.reader[Symbol.dispose]();
    this.#next?.source[Symbol.dispose]();
    this.#next = undefined;
  }
}

function keyOf(choice: LiveChoice): string {
  return `${choice.mode} ${choice.stream} ${choice.mode === 'copy' ? '' : renditionKey(choice.rendition)}`;
}

function nothingCopied(): Copied {
  return { format: undefined, reordered: false, measured: false, lastTimeMs: -Infinity };
}
