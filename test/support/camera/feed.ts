import { randomBytes } from 'node:crypto';
import { reelsFor, type ShownScene } from './drawn-scene.js';
import type { SentUnit, TrackLoop, TrackPace } from './feed-track.js';
import { audioLoop, FeedTrack, videoLoop } from './feed-track.js';
import type { Footage, SceneFootage } from './footage.js';
import type { BurstFaults } from './rtp-burst.js';
import type { TrackName } from './sdp.js';
import { timeRates, withDefects, type SenderDefects } from './sender-defects.js';
import type { TrackOutput } from './track-outputs.js';

/**
 * What a client gets first: the next frame, wherever it is between keyframes (`immediately`, what most cameras do),
 * nothing before the next keyframe (`keyframe`), or everything since the last keyframe at once (`cachedGop`, as go2rtc does).
 */
export type StartAt = 'immediately' | 'keyframe' | 'cachedGop';

/** One playing session. */
export interface Viewer {
  readonly outputs: ReadonlyMap<TrackName, TrackOutput>;
}

/** The first picture of a scene, as it was sent. */
export interface FirstPicture {
  readonly counter: number;
  readonly sentMs: number;
}

/** A change of the scene that is under way. */
interface SceneChange {
  readonly scene: ShownScene;
  readonly begun: (first: FirstPicture) => void;
}

/** Faults that the feed asks about for each frame. */
export interface FeedFaults extends BurstFaults {
  readonly addsGarbage: boolean;
  /** No sound and no reports about it. */
  readonly microphoneMuted: boolean;
}

/** What is wrong with a microphone's clock; the picture's is right. */
export interface MicrophoneClock {
  /** How fast the RTP times of its packets run: 0 stands still; default 1. */
  readonly rate?: number;
  /** RTP times in its sender reports: those of its packets (default), or right ones; or there are no reports about it. */
  readonly reports?: 'alike' | 'right' | 'none';
  /** By its sender reports all sound was recorded so much earlier than it was; default 0. */
  readonly behindMs?: number;
}

/** How a stream is sent; does not change while the camera lives. */
export interface FeedSettings {
  readonly startAt: StartAt;
  readonly parameterSetsInBand: boolean;
  /** How long after the newest PLAY parameter sets stay out of the packets. */
  readonly parameterSetsAfterMs: number;
  readonly defects: SenderDefects;
  /** False: no client ever learns the camera's clock. */
  readonly senderReports: boolean;
  /** How long after PLAY a client gets the first sound. */
  readonly microphoneStartsAfterMs: number;
  readonly microphoneClock: MicrophoneClock;
}

const reportEveryMs = 1000;
const loops = new WeakMap<Footage, Map<string, TrackLoop>>();

/** Packetising is done once per footage, however many cameras show it. */
function cachedLoop(footage: Footage, key: string, make: () => TrackLoop): TrackLoop {
  const ofFootage = loops.get(footage) ?? new Map<string, TrackLoop>();
  loops.set(footage, ofFootage);
  const loop = ofFootage.get(key) ?? make();
  ofFootage.set(key, loop);
  return loop;
}

/** One stream as it is sent to everyone who plays it. Times are milliseconds of the camera's clock. */
export class Feed {
  private readonly video: FeedTrack;
  private readonly audio: FeedTrack | undefined;
  private readonly viewers = new Set<Viewer>();
  private readonly awaitingKeyframe = new Set<Viewer>();
  /** Who has not heard anything yet, and until when the microphone is not ready. */
  private readonly awaitingSound = new Map<Viewer, number>();
  private readonly sentAtMs = new Map<number, number>();
  /** Units since the last keyframe. */
  private gop: SentUnit[] = [];
  private nextReportMs = 0;
  private shown: ShownScene | undefined;
  private change: SceneChange | undefined;
  /** What is described to who asks. Scenes that are shown later differ in nothing but the pictures. */
  private described: Footage;
  private switched: (() => void) | undefined;
  private joinedMs = 0;

  constructor(
    footage: Footage,
    private readonly scenes: SceneFootage,
    private readonly settings: FeedSettings,
    private readonly faults: FeedFaults,
    private readonly wallClock: (cameraMs: number) => number,
  ) {
    this.described = footage;
    this.video = new FeedTrack(this.pictures(footage), paceOf(settings.defects));
    const { audio } = footage;
    const { rate = 1, reports } = settings.microphoneClock;
    this.audio = audio && new FeedTrack(cachedLoop(footage, 'audio', () => audioLoop(audio)), { packets: rate, reports: reports === 'right' ? 1 : rate });
  }

  /** Another scene: from the next keyframe on; the walker enters half a GOP after it. Resolves when the first picture of it was sent. */
  show(scene: ShownScene): Promise<FirstPicture> {
    const footages = reelsFor[scene].flatMap((reel) => this.scenes.get(reel) ?? []);
    if (footages.length === 0 || this.change || scene === this.shown) {
      throw new Error(`The camera cannot show "${scene}" now.`);
    }
    this.video.changeTo(footages.map((footage) => this.pictures(footage)));
    return new Promise((begun) => (this.change = { scene, begun }));
  }

  get footage(): Footage {
    return this.described;
  }

  /** Other pictures from the next keyframe on, in the same rhythm but of another size or form. Resolves when the first of them was sent. */
  switchTo(footage: Footage): Promise<void> {
    this.described = footage;
    this.video.changeTo([this.pictures(footage)]);
    return new Promise((resolve) => (this.switched = resolve));
  }

  /** As a camera's reboot: new numbers, nothing kept; goes on at the frame that is due now. */
  reboot(nowMs: number): void {
    this.video.reboot();
    this.audio?.reboot();
    this.skipTo(nowMs);
  }

  /** Leaves out what should have been sent meanwhile. */
  skipTo(nowMs: number): void {
    this.video.skipTo(nowMs);
    this.audio?.skipTo(nowMs);
    this.gop = [];
  }

  /** When the next picture is due; sound goes along with the pictures. */
  get dueMs(): number {
    return this.video.dueMs;
  }

  /** Sends everything that is due. */
  sendDue(nowMs: number): void {
    this.sendReports(nowMs);
    while (this.video.dueMs <= nowMs) {
      this.sendPicture(nowMs);
    }
    if (this.faults.microphoneMuted) {
      this.audio?.skipTo(nowMs);
      return;
    }
    this.beginSound(nowMs, nowMs);
    while (this.audio && this.audio.dueMs <= nowMs) {
      this.sendTo(this.audio, 'audio', this.audio.take(), this.viewers);
    }
  }

  /** When the frame with this counter was last due and sent. */
  sentAt(counter: number): number | undefined {
    return this.sentAtMs.get(counter);
  }

  /** The reports come first, so that a receiver can align sound and picture from the first packet on. */
  join(viewer: Viewer, nowMs: number): void {
    const { startAt, microphoneStartsAfterMs } = this.settings;
    const cached = startAt === 'cachedGop' ? this.gop : [];
    // FFmpeg stumbles over pictures older than the first report.
    const reportedMs = cached[0]?.filmedMs ?? nowMs;
    this.sendReportTo(viewer, 'video', reportedMs);
    this.awaitingSound.set(viewer, nowMs + microphoneStartsAfterMs);
    this.joinedMs = nowMs;
    this.beginSound(nowMs, reportedMs);
    this.viewers.add(viewer);
    for (const unit of cached) {
      this.sendTo(this.video, 'video', unit, [viewer]);
    }
    if (startAt !== 'immediately' && cached.length === 0) {
      this.awaitingKeyframe.add(viewer);
    }
  }

  leave(viewer: Viewer): void {
    this.viewers.delete(viewer);
    this.awaitingKeyframe.delete(viewer);
    this.awaitingSound.delete(viewer);
  }

  /** What a client that joins now gets first of a track, for the answer to PLAY. Waiting for a keyframe is not foreseen. */
  first(name: TrackName): SentUnit | undefined {
    return (name === 'video' && this.settings.startAt === 'cachedGop' ? this.gop[0] : undefined) ?? this.track(name)?.upcoming();
  }

  private pictures(footage: Footage, inBand = this.settings.parameterSetsInBand): TrackLoop {
    const { defects } = this.settings;
    return cachedLoop(footage, `video ${String(inBand)} ${JSON.stringify(defects)}`, () => videoLoop(withDefects(footage, defects), inBand, defects));
  }

  private track(name: TrackName): FeedTrack | undefined {
    return name === 'video' ? this.video : this.audio;
  }

  private sendPicture(nowMs: number): void {
    const { parameterSetsAfterMs, parameterSetsInBand } = this.settings;
    if (parameterSetsAfterMs > 0) {
      this.video.use(this.pictures(this.described, parameterSetsInBand && nowMs - this.joinedMs >= parameterSetsAfterMs));
    }
    const sent = this.video.take();
    this.sentAtMs.set(sent.unit.counter, nowMs);
    this.noteScene(sent, nowMs);
    if (sent.unit.keyframe) {
      this.switched?.();
      this.switched = undefined;
      this.gop = [sent];
      this.awaitingKeyframe.clear();
    } else if (this.gop.length > 0) {
      this.gop.push(sent);
    }
    this.sendTo(this.video, 'video', sent, this.viewers);
  }

  private noteScene({ unit: { walker, counter } }: SentUnit, sentMs: number): void {
    this.shown = walker ? 'walker' : 'still';
    if (this.change?.scene === this.shown) {
      this.change.begun({ counter, sentMs });
      this.change = undefined;
    }
  }

  private sendTo(track: FeedTrack, name: TrackName, sent: SentUnit, viewers: Iterable<Viewer>): void {
    const awaiting = name === 'audio' ? this.awaitingSound : this.awaitingKeyframe;
    const outputs = [...viewers].filter((viewer) => !awaiting.has(viewer)).flatMap((viewer) => viewer.outputs.get(name) ?? []);
    if (outputs.length === 0) {
      return;
    }
    const burst = track.burst(sent, this.faults);
    for (const output of outputs) {
      if (this.faults.addsGarbage) {
        output.sendGarbage(randomBytes(500));
      }
      output.send(burst);
    }
  }

  private sendReports(nowMs: number): void {
    if (nowMs < this.nextReportMs) {
      return;
    }
    this.nextReportMs = nowMs + reportEveryMs;
    for (const viewer of this.viewers) {
      this.sendReportTo(viewer, 'video', nowMs);
      if (!this.faults.microphoneMuted && !this.awaitingSound.has(viewer)) {
        this.sendReportTo(viewer, 'audio', nowMs);
      }
    }
  }

  /** Clients for whom the microphone is ready by now get sound from now on, and a report before it. */
  private beginSound(nowMs: number, reportedMs: number): void {
    for (const [viewer, readyMs] of this.awaitingSound) {
      if (readyMs <= nowMs && !this.faults.microphoneMuted) {
        this.awaitingSound.delete(viewer);
        this.sendReportTo(viewer, 'audio', reportedMs);
      }
    }
  }

  private sendReportTo(viewer: Viewer, name: TrackName, nowMs: number): void {
    const { senderReports, microphoneClock } = this.settings;
    const { reports = 'alike', behindMs = 0 } = name === 'audio' ? microphoneClock : {};
    const report = senderReports && reports !== 'none' ? this.track(name)?.report(nowMs, this.wallClock(nowMs) - behindMs) : undefined;
    if (report) {
      viewer.outputs.get(name)?.sendReport(report);
    }
  }
}

function paceOf({ times }: SenderDefects): TrackPace | undefined {
  const rate = times && timeRates[times];
  return rate === undefined ? undefined : { packets: rate, reports: rate };
}
