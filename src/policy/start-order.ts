/**
 * How far apart connections begin: FFmpeg needs a tenth of a second of a core to start, and when Homebridge starts or the network is
 * back all cameras are to be connected in the same moment. In milliseconds.
 */
export const startSpacing = {
  /** After any other, for one that somebody waits for: the sixteen pictures of a page begin in little more than a second, as each has 4 s. */
  askedForMs: 70,
  /** After another that nobody waits for, for one that nobody waits for. */
  othersMs: 300,
} as const;

/** A connection that is to begin. */
export interface QueuedStart {
  /** Whether somebody looks at a waiting picture. */
  readonly waitedFor: boolean;
}

/** When connections began last, in milliseconds of the caller's clock; `-Infinity` where none has. */
export interface BegunStarts {
  readonly anyMs: number;
  /** One that nobody waited for. */
  readonly otherMs: number;
}

export const nothingBegun: BegunStarts = { anyMs: -Infinity, otherMs: -Infinity };

export interface NextStart<Start extends QueuedStart> {
  readonly start: Start;
  /** The earliest time for it; may have passed. */
  readonly atMs: number;
}

/**
 * Which of the house's connections begins next, and when: those that somebody waits for first, each kind in the order they came. The
 * others keep apart from one another alone, so that views of dead cameras, tried again and again, do not hold them up. Pure.
 * @returns undefined where none is to begin.
 */
export function nextStart<Start extends QueuedStart>(queue: readonly Start[], begun: BegunStarts): NextStart<Start> | undefined {
  const start = queue.find(({ waitedFor }) => waitedFor) ?? queue[0];
  if (!start) {
    return undefined;
  }
  const afterAnyMs = begun.anyMs + startSpacing.askedForMs;
  return { start, atMs: start.waitedFor ? afterAnyMs : Math.max(afterAnyMs, begun.otherMs + startSpacing.othersMs) };
}

/** What has begun once `start` has too. */
export function afterStart({ otherMs }: BegunStarts, { waitedFor }: QueuedStart, nowMs: number): BegunStarts {
  return { anyMs: nowMs, otherMs: waitedFor ? otherMs : nowMs };
}
