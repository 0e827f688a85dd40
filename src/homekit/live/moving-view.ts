import type { AccessUnit, VideoFormat } from '../../media/access-unit.js';
import { isDeclaredBFrame } from '../../media/stream-measure.js';
import type { Camera } from '../../pipeline/camera.js';
import { pictureStatus, type PictureStatus } from '../../pipeline/camera-status.js';
import type { CameraStream } from '../../pipeline/camera-stream.js';
import type { PacketReader } from '../../pipeline/packet-reader.js';
import { PacketStream } from '../../pipeline/packet-stream.js';
import { CopyWatch } from '../../policy/copy-watch.js';
import { chooseAllowed, type AllowedChoice, type RunningConversion, type ViewChoice } from '../../policy/allowed-choice.js';
import { whyNotCopied, type LiveRules, type StreamFacts } from '../../policy/live-choice.js';
import { tighter, type LiveRequest } from '../../policy/live-request.js';
import { LossWatch } from '../../policy/loss-watch.js';
import { renditionKey, requestAfterLoss } from '../../policy/rendition-choice.js';
import { Problem } from '../../problems.js';
import type { BudgetedView, CameraBudget } from '../../resources/house-budget.js';
import { ViewFeed } from './view-feed.js';

/** What a view moves to may begin so far in the past of what was shown: its encoder needs its time. */
const overlapMs = 500;
/** And where it always is further in the past (a slow machine), it is moved to after this. */
const moveWithinMs = 3_000;
/** A view that has shown nothing for so long takes whatever there is. */
const stalledMs = 500;

/** Where pictures come from. Gives its leases back when it is disposed. */
interface Source extends Disposable {
  /** The same for the same pictures. */
  readonly key: string;
  readonly mode: ViewChoice['mode'];
  readonly because: string;
  /** Undefined where nothing is converted. */
  readonly conversion: RunningConversion | undefined;
  readonly stream: CameraStream;
  readonly packets: PacketStream;
  /** What the viewer gets of it. */
  shown(): { readonly height: number; readonly bitrateKbps: number };
}

/** A source that the view is about to move to. */
interface Move {
  readonly source: Source;
  /** Tells when it has pictures. */
  readonly reader: PacketReader;
  /** When it had one first. */
  sinceMs: number | undefined;
}

/** What a viewer is shown, and why that. */
export interface ShownStatus {
  /** 'wait': nothing, as nothing may be converted for it. */
  readonly mode: ViewChoice['mode'];
  readonly stream: 'main' | 'sub';
  readonly because: string;
  /** What the viewer asks for, after what its connection has lost. */
  readonly asked: Pick<LiveRequest, 'width' | 'height' | 'fps' | 'bitrateKbps'>;
  /** What it gets; undefined while nothing comes. */
  readonly picture: PictureStatus | undefined;
}

export interface MovingViewOptions {
  readonly camera: Camera;
  readonly budget: CameraBudget;
  readonly request: LiveRequest;
  /** For the log. */
  readonly viewer: string;
  readonly send: (unit: AccessUnit, plannedMs: number) => void;
}

/**
 * What one viewer is shown: a camera's own packets or a rendition, moved from one to the other while it is viewed. The old pictures
 * go on until the new ones are there, and RTP time goes on in any case.
 */
export class MovingView implements BudgetedView, Disposable {
  readonly #options: MovingViewOptions;
  readonly sinceMs = performance.now();
  readonly #loss = new LossWatch();
  readonly #rules: LiveRules;
  readonly #counted: Disposable;
  /** What it may have, when it chose last. */
  #allowed: AllowedChoice | undefined;
  /** The format in which pictures were seen out of order. */
  #reordered: VideoFormat | undefined;
  #request: LiveRequest;
  #source: Source | undefined;
  #feed: ViewFeed | undefined;
  #next: Move | undefined;
  /** The newest picture that was sent, and when. */
  #sent: { readonly timeMs: number; readonly atMs: number } | undefined;
  #lost = 0;

  constructor(options: MovingViewOptions) {
    const { camera, budget, request } = options;
    this.#options = options;
    this.#request = request;
    this.#rules = { ...camera.config, ...tighter(camera.config, budget.limits) };
    this.#counted = budget.enter(this);
  }

  /** Begins to send; where the camera is not there yet, its picture follows when it comes. */
  start(): void {
    this.#choose(this.#facts());
  }

  get conversion(): RunningConversion | undefined {
    return (this.#next?.source ?? this.#source)?.conversion;
  }

  get wanted(): BudgetedView['wanted'] {
    return this.#allowed?.wanted;
  }

  get refused(): boolean {
    return this.#allowed?.refused === true;
  }

  get granted(): RunningConversion | undefined {
    return this.#allowed?.granted;
  }

  reconsider(why: string): void {
    if (this.#source) {
      this.#choose(this.#facts(), `, ${why}`);
    }
  }

  /** Where its pictures come from; undefined before it begins. */
  get stream(): 'main' | 'sub' | undefined {
    return this.#source?.stream.name;
  }

  /** Undefined before it begins. */
  status(): ShownStatus | undefined {
    if (!this.#source) {
      return undefined;
    }
    const { mode, stream, because, packets } = this.#source;
    const { width, height, fps, bitrateKbps } = this.#request;
    return { mode, stream: stream.name, because, asked: { width, height, fps, bitrateKbps }, picture: packets.flowing ? pictureStatus(packets) : undefined };
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
    const waitedFor = this.#next?.source ?? (this.#sent ? undefined : this.#source);
    if (waitedFor?.stream.failing === true) {
      this.#choose(this.#facts(), ', in vain until now');
    }
  }

  [Symbol.dispose](): void {
    this.#dropNext();
    this.#feed?.[Symbol.dispose]();
    this.#source?.[Symbol.dispose]();
    this.#source = undefined;
    this.#counted[Symbol.dispose]();
  }

  /** @param seen of the stream that pictures come from: those that were never seen are no better then. */
  #facts(seen?: StreamFacts): StreamFacts[] {
    const facts = this.#options.camera.streams.map((stream) => {
      const own = stream.facts();
      return stream.packets.format !== undefined && stream.packets.format === this.#reordered ? { ...own, bFrames: true } : own;
    });
    return seen ? [seen, ...facts.filter(({ name, codec }) => name !== seen.name && codec !== undefined)] : facts;
  }

  /** @param why for the log: why it is chosen anew. */
  #choose(facts: readonly StreamFacts[], why = ''): ViewChoice {
    const { camera, budget, viewer } = this.#options;
    const allowance = { caps: budget.caps, whyRefused: (conversion: RunningConversion, uncapped: RunningConversion) => budget.whyRefused(this, conversion, uncapped) };
    this.#allowed = chooseAllowed(this.#request, facts, this.#rules, allowance);
    const { choice } = this.#allowed;
    const { width, height, fps, bitrateKbps } = this.#request;
    if (keyOf(choice) !== (this.#next?.source ?? this.#source)?.key) {
      camera.note(`live view for ${viewer} (${width}x${height}, ${fps} fps, ${bitrateKbps} kbit/s${why}): ${choice.because}`);
      if (choice.mode === 'wait') {
        camera.problems.tell(new Problem('conversion-refused', choice.because));
      }
      this.#show(this.#open(choice));
    }
    return choice;
  }

  #show(source: Source): void {
    this.#dropNext();
    if (source.key === this.#source?.key) {
      source[Symbol.dispose](); // Back to where it is.
    } else if (!this.#source || !this.#sent || source.mode === 'wait') {
      this.#follow(source); // Who has to wait must not go on with what was shown.
    } else {
      this.#next = { source, reader: source.packets.read(() => this.#moveOn()), sinceMs: undefined };
      this.#moveOn();
    }
  }

  /** Moves as soon as the next source has a keyframe that is hardly older than what was shown. */
  #moveOn(): void {
    const next = this.#next;
    const keyframe = next?.source.packets.liveKeyframe;
    if (!next || !keyframe) {
      return;
    }
    const nowMs = performance.now();
    next.sinceMs ??= nowMs;
    const { timeMs, atMs } = this.#sent ?? { timeMs: -Infinity, atMs: -Infinity };
    if (keyframe.timeMs >= timeMs - overlapMs || nowMs - atMs > stalledMs || nowMs - next.sinceMs > moveWithinMs) {
      next.reader[Symbol.dispose]();
      this.#next = undefined;
      this.#follow(next.source);
    }
  }

  /** From now on the view shows this; RTP time goes on. */
  #follow(source: Source): void {
    const { schedule } = this.#feed ?? {};
    this.#lost += this.#feed?.lost ?? 0;
    this.#feed?.[Symbol.dispose]();
    this.#source?.[Symbol.dispose]();
    this.#source = source;
    this.#loss.restart();
    const admit = source.mode === 'copy' ? this.#copyGate(source) : this.#renditionGate(source);
    this.#feed = new ViewFeed({ packets: source.packets, admit, send: (unit, plannedMs) => this.#send(unit, plannedMs) }, performance.now(), schedule);
    this.#feed.start();
  }

  #send(unit: AccessUnit, plannedMs: number): void {
    this.#sent = { timeMs: unit.timeMs, atMs: performance.now() };
    this.#options.send(unit, plannedMs);
  }

  /** Looks at each picture of the camera's own stream before it is copied, and chooses anew when more is known of the stream. */
  #copyGate({ key, stream }: Source): (unit: AccessUnit) => boolean {
    const watch = new CopyWatch();
    let admitted = false;
    return (unit) => {
      if (watch.learns(unit, { measured: () => stream.measure() !== undefined, bFrame: () => isDeclaredBFrame(unit) }) || (watch.isDue(unit) && this.#isOverLimit(stream))) {
        const { codec, profile, width, height } = unit.format;
        const own = stream.facts();
        this.#reordered = watch.reordered ? unit.format : this.#reordered;
        const choice = this.#choose(this.#facts({ ...own, codec, profile, width, height, bFrames: watch.reordered || own.bFrames }), ', as seen now');
        // What can be shown for now is shown until the other is there.
        admitted = keyOf(choice) === key || (this.#source?.key === key && this.#sent !== undefined && codec === 'h264' && !watch.reordered);
      }
      return admitted;
    };
  }

  /** A limit of the user, or what no device shows; whether something else would be nicer is not asked again. */
  #isOverLimit(stream: CameraStream): boolean {
    return whyNotCopied(stream.facts(), this.#request, this.#rules, 'wished') !== undefined;
  }

  /** A rendition fits the stream that it was chosen for: when the camera changes its picture, or its rate is known, it is chosen anew. */
  #renditionGate({ key, stream }: Source): (unit: AccessUnit) => boolean {
    let { format } = stream.packets;
    let measured = stream.measure() !== undefined;
    let fitted = format !== undefined;
    return (unit) => {
      const newlyMeasured = unit.keyframe && !measured && stream.measure() !== undefined;
      measured ||= newlyMeasured;
      if (format !== stream.packets.format || newlyMeasured) {
        ({ format } = stream.packets);
        const choice = this.#choose(this.#facts(stream.facts()), ', as seen now');
        fitted = this.#sent !== undefined || keyOf(choice) === key;
      }
      return fitted;
    };
  }

  #open(choice: ViewChoice): Source {
    const { camera } = this.#options;
    const { stream, renditions } = camera.video(choice.stream);
    const lease = stream.lease({ holder: 'live view', waitedFor: true });
    const common = { key: keyOf(choice), mode: choice.mode, because: choice.because, stream, conversion: undefined };
    if (choice.mode === 'copy') {
      const shown = (): ReturnType<Source['shown']> => ({ height: stream.packets.format?.height ?? 1080, bitrateKbps: stream.measure()?.bitrateKbps ?? this.#request.bitrateKbps });
      return { ...common, packets: stream.packets, shown, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    }
    if (choice.mode === 'wait') {
      return { ...common, packets: new PacketStream(), shown: () => this.#request, [Symbol.dispose]: () => lease[Symbol.dispose]() };
    }
    const rendition = renditions.lease(choice.rendition, 'live view');
    return {
      ...common,
      conversion: choice,
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

function keyOf(choice: ViewChoice): string {
  return `${choice.mode} ${choice.stream} ${choice.mode === 'transcode' ? renditionKey(choice.rendition) : ''}`;
}
