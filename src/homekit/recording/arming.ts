import type { Camera } from '../../pipeline/camera.js';
import type { Lease } from '../../pipeline/lease.js';
import { recordedStream } from '../../pipeline/recording/recorded-stream.js';
import { chooseRecording, recordingLimits, type ConversionCause } from '../../policy/recording-choice.js';

/** What the camera sends is looked at this often, for whether its recordings are free; by then a few keyframes have been seen. */
const lookEveryMs = 15_000;

/** Keeps the camera connected while recordings may be asked for, so that there is always a past, and says once what each of them costs. */
export class Arming implements Disposable {
  readonly #camera: Camera;
  readonly #told = new Set<ConversionCause>();
  /** What the last look found: once may be an accident of the network. */
  #lastCause: ConversionCause | undefined;
  #armed: { readonly lease: Lease; readonly timer: NodeJS.Timeout } | undefined;

  constructor(camera: Camera) {
    this.#camera = camera;
  }

  get armed(): boolean {
    return this.#armed !== undefined;
  }

  /** Whether "Stream & Allow Recording" is chosen in the Home app, and the hub has selected how. */
  set armed(armed: boolean) {
    if (armed === this.armed) {
      return;
    }
    release(this.#armed);
    this.#armed = armed ? { lease: this.#camera.main.lease({ holder: 'recording armed' }), timer: setInterval(() => this.#look(), lookEveryMs) } : undefined;
    this.#camera.note(armed ? 'recording is on: the camera stays connected' : 'recording is off');
  }

  [Symbol.dispose](): void {
    release(this.#armed);
    this.#armed = undefined;
  }

  /** Tells what makes recordings cost computing power, and what to change in the camera. */
  #look(): void {
    const { packets } = this.#camera.main;
    const keyframe = packets.liveKeyframe;
    const stream = keyframe && recordedStream(packets, keyframe);
    if (!stream) {
      return;
    }
    // How far keyframes are apart shows with two of them, or when the second is long overdue.
    const unknown = stream.keyframeIntervalMs === undefined && stream.gopMs <= recordingLimits.longestGopMs;
    const choice = chooseRecording({ ...stream, gopMs: stream.keyframeIntervalMs === undefined && !unknown ? stream.gopMs : 0 });
    if (choice.mode === 'copy') {
      this.#lastCause = unknown ? this.#lastCause : undefined;
      return;
    }
    const before = this.#lastCause;
    this.#lastCause = choice.cause;
    if (choice.cause !== before || this.#told.has(choice.cause)) {
      return;
    }
    this.#told.add(choice.cause);
    this.#camera.tell(`recordings have to be converted while they run, which costs computing power, because ${choice.because}.${choice.advice === undefined ? '' : ` ${choice.advice}, and they cost nothing.`}`);
  }
}

function release(armed: { readonly lease: Lease; readonly timer: NodeJS.Timeout } | undefined): void {
  clearInterval(armed?.timer);
  armed?.lease[Symbol.dispose]();
}
