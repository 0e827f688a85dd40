import type { DecoderPlan, FrameNeed } from '../policy/decoder-plan.js';
import { FrameRateLimit } from '../policy/frame-rate-limit.js';
import type { Frame, FrameAccount } from './frame-pool.js';

/** Who keeps so many pictures gets no further one: there are three slots for each lease. */
const mostKept = 3;

/** Who needs pictures, and what of. */
export interface FrameLeaseRequest extends FrameNeed {
  /** For the status: 'rendition 640x360', 'motion'. */
  readonly holder: string;
}

export interface FrameListener {
  /** A picture of at least the asked size, at no more than the asked rate. Valid during the call; who keeps it retains it. */
  onFrame(frame: Frame): void;
  /** Of this size pictures will come, soon. */
  onPlan?(plan: DecoderPlan): void;
}

interface FrameReader {
  readonly request: FrameLeaseRequest;
  readonly listener: FrameListener;
  readonly rate: FrameRateLimit;
  readonly account: FrameAccount;
}

/** Those who get a decoder's pictures, each at its own rate. */
export class FrameReaders {
  readonly #readers = new Set<FrameReader>();
  readonly #onMistake: (error: unknown) => void;

  /** @param onMistake told what a listener threw: that is not to cost the others their picture, nor FFmpeg its place. */
  constructor(onMistake: (error: unknown) => void) {
    this.#onMistake = onMistake;
  }

  get count(): number {
    return this.#readers.size;
  }

  get needs(): readonly FrameNeed[] {
    return [...this.#readers].map(({ request }) => request);
  }

  add(request: FrameLeaseRequest, listener: FrameListener): Disposable {
    const reader = { request, listener, rate: new FrameRateLimit(request.maxFps), account: { held: 0 } };
    this.#readers.add(reader);
    return { [Symbol.dispose]: () => this.#readers.delete(reader) };
  }

  tellPlan(plan: DecoderPlan): void {
    for (const { listener } of this.#readers) {
      listener.onPlan?.(plan);
    }
  }

  give(frame: Frame): void {
    for (const { listener, rate, account } of this.#readers) {
      if (account.held < mostKept && rate.passes(frame.timeMs)) {
        using lent = frame.lend(account);
        try {
          listener.onFrame(lent);
        } catch (error) {
          this.#onMistake(error);
        }
      }
    }
  }
}
