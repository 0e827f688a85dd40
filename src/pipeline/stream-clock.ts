/** Start values of the clock; times in milliseconds. */
const rule = {
  /** Pictures that arrive within so long of the first one are one burst, and the latest of it tells where the present is. */
  settleMs: 100,
  /** Drift is looked at over windows of this length... */
  windowMs: 10_000,
  /** ...and made up for by at most so much a window: one part in a thousand, ten times what a bad quartz drifts. */
  slewMs: 10,
  /** Late by more than this for so long is no drift: the camera paused. A stall of the network is over sooner. */
  jumpMs: 1_000,
  jumpWindowMs: 2_000,
  /**
   * A picture earlier than any before shows that the others came late; that is made up for by so much a picture. Not at once: at the end of
   * a connection FFmpeg writes the picture that it holds back early, and it would be shown on top of the one before.
   */
  earlyMs: 3,
} as const;

/**
 * Puts a stream's own times on this process's monotonic clock. Anchored once per connection, to the pictures that came with the
 * least delay, so that intervals stay those of the camera; drift between the two quartz clocks is made up for imperceptibly.
 */
export class StreamClock {
  /** Process time minus stream time. */
  #offsetMs: number | undefined;
  #windowStartMs = 0;
  #leastLatenessMs = Infinity;
  #lastStreamMs = -Infinity;
  #firstArrivalMs: number | undefined;

  /** For how long after the first picture of a connection a burst from the past may still be coming. */
  get settleMs(): number {
    return rule.settleMs;
  }

  /** Notes that a picture with this stream time has arrived. */
  observe(streamMs: number, arrivalMs: number): void {
    this.#firstArrivalMs ??= arrivalMs;
    const latenessMs = arrivalMs - streamMs - (this.#offsetMs ?? Infinity);
    const settling = arrivalMs - this.#firstArrivalMs <= rule.settleMs;
    // Earlier than any before: nothing arrives before it was taken. Far earlier, or back in time: the camera's clock was set.
    if (latenessMs < 0 && (settling || latenessMs < -rule.jumpMs)) {
      this.#anchor(arrivalMs - streamMs, arrivalMs);
    } else if (latenessMs < 0) {
      this.#anchor((this.#offsetMs ?? 0) + Math.max(latenessMs, -rule.earlyMs), arrivalMs);
    } else if (streamMs < this.#lastStreamMs) {
      this.#anchor(arrivalMs - streamMs, arrivalMs);
    }
    this.#lastStreamMs = streamMs;
    this.#leastLatenessMs = Math.min(this.#leastLatenessMs, Math.max(latenessMs, 0));
    const watchedMs = arrivalMs - this.#windowStartMs;
    if (this.#leastLatenessMs > rule.jumpMs && watchedMs >= rule.jumpWindowMs) {
      this.#anchor((this.#offsetMs ?? 0) + this.#leastLatenessMs, arrivalMs);
    } else if (watchedMs >= rule.windowMs) {
      this.#anchor((this.#offsetMs ?? 0) + Math.min(this.#leastLatenessMs, rule.slewMs), arrivalMs);
    }
  }

  /** The process time of a stream time; only after `observe`. */
  toProcessMs(streamMs: number): number {
    return streamMs + (this.#offsetMs ?? 0);
  }

  #anchor(offsetMs: number, arrivalMs: number): void {
    this.#offsetMs = offsetMs;
    this.#windowStartMs = arrivalMs;
    this.#leastLatenessMs = Infinity;
  }
}

/**
 * Some cameras count pictures in place of time, at a rate that they no longer have. Their pictures come ever later, or ever earlier, by their own times;
 * by more than any buffer on the way holds, which a thin network fills and empties again. `offMs` within `horizonMs` is a rate that is 5 % off.
 */
const wrongRate = { offMs: 5_500, windowMs: 2_000, horizonMs: 120_000, longestGapMs: 1_000 } as const;

/** Arrival less stream time, of the pictures of a window. */
interface Lateness {
  /** Of the one that came with the least delay. */
  readonly ms: number;
  /** Of all up to then: nothing arrives before it was taken. */
  readonly leastEverMs: number;
}

/** Sees a stream's time run too fast or too slowly. */
export class RateWatch {
  #isWrong = false;
  #last: Moment | undefined;
  #windowStartMs = 0;
  #latenessMs = Infinity;
  #leastEverMs = Infinity;
  /** Of the windows within the horizon, oldest first. */
  #windows: Lateness[] = [];

  /** For as long as the stream lasts. */
  get isWrong(): boolean {
    return this.#isWrong;
  }

  /** Notes that a picture with this stream time has arrived. */
  observe(streamMs: number, arrivalMs: number): void {
    const last = this.#last;
    this.#last = { streamMs, arrivalMs };
    if (!last || Math.abs(streamMs - last.streamMs) > wrongRate.longestGapMs) {
      // The clock was set, or the camera paused.
      this.#leastEverMs = Infinity;
      this.#begin(arrivalMs);
    } else if (arrivalMs - last.arrivalMs > wrongRate.longestGapMs) {
      // A stall: what was held back may come later from now on, or catch up.
      this.#begin(arrivalMs);
    }
    this.#latenessMs = Math.min(this.#latenessMs, arrivalMs - streamMs);
    if (arrivalMs - this.#windowStartMs >= wrongRate.windowMs) {
      this.#endWindow(arrivalMs);
    }
  }

  #begin(arrivalMs: number): void {
    this.#windows = [];
    this.#windowStartMs = arrivalMs;
    this.#latenessMs = Infinity;
  }

  #endWindow(arrivalMs: number): void {
    const ms = this.#latenessMs;
    this.#leastEverMs = Math.min(this.#leastEverMs, ms);
    this.#windows.push({ ms, leastEverMs: this.#leastEverMs });
    if (this.#windows.length > wrongRate.horizonMs / wrongRate.windowMs) {
      this.#windows.shift();
    }
    const tooSlow = ms - Math.min(...this.#windows.map((window) => window.ms)) > wrongRate.offMs;
    const tooFast = (this.#windows[0]?.leastEverMs ?? ms) - this.#leastEverMs > wrongRate.offMs;
    this.#isWrong ||= tooSlow || tooFast;
    this.#windowStartMs = arrivalMs;
    this.#latenessMs = Infinity;
  }
}

interface Moment {
  readonly streamMs: number;
  readonly arrivalMs: number;
}

/**
 * A stream whose time advances by less than this share of the time that passes, over so many pictures and so long without a gap, crawls.
 * FFmpeg then gives each picture one tick more than the last: a share of 0.0003 at 90 kHz, 0.006 for G.711. A thin network is far above.
 * So does one that goes back now and then, and has that for so many of its pictures.
 */
const crawl = { share: 0.02, pictures: 10, windowMs: 2_000, longestGapMs: 1_000, stepMs: 0.2, ofPictures: 0.2 } as const;

/** Sees a stream's time stand nearly still, again and again or for good, while its pictures go on coming. */
export class CrawlWatch {
  #crawls = false;
  #pictures = 0;
  #standing = 0;
  #lastStreamMs = -Infinity;
  #lastArrivalMs = -Infinity;
  #from: Moment | undefined;

  get crawls(): boolean {
    return this.#crawls;
  }

  /** Notes that a picture with this stream time has arrived. */
  observe(streamMs: number, arrivalMs: number): void {
    this.#from ??= this.#begin(streamMs, arrivalMs);
    if (arrivalMs - this.#lastArrivalMs > crawl.longestGapMs) {
      this.#begin(streamMs, arrivalMs);
    }
    this.#standing += Math.abs(streamMs - this.#lastStreamMs) < crawl.stepMs ? 1 : 0;
    this.#lastStreamMs = streamMs;
    this.#lastArrivalMs = arrivalMs;
    this.#pictures += 1;
    const passedMs = arrivalMs - this.#from.arrivalMs;
    if (passedMs < crawl.windowMs || this.#pictures < crawl.pictures) {
      return;
    }
    this.#crawls = streamMs - this.#from.streamMs < passedMs * crawl.share || this.#standing > this.#pictures * crawl.ofPictures;
    this.#begin(streamMs, arrivalMs);
  }

  #begin(streamMs: number, arrivalMs: number): Moment {
    this.#pictures = 0;
    this.#standing = 0;
    return (this.#from = { streamMs, arrivalMs });
  }
}
