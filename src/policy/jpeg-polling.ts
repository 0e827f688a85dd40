/** How single pictures are fetched from a camera, one after the other. Pure. */
export const jpegPolling = {
  /** Pictures a second, unless told otherwise. */
  usualRate: 1,
  /** One that fails is tried again so often in all... */
  tries: 3,
  /** ...within so long, in milliseconds... */
  withinMs: 10_000,
  /** ...with so long in between. */
  pauseMs: 300,
  /** The camera may take so long until its answer begins. */
  answerWithinMs: 5_000,
  /** A fetched picture is as good as one of now until the next has had time to come. */
  lateMs: 1_000,
} as const;

/** When the next picture is fetched: in step where that can be, never at once to make up for what was missed. In milliseconds. */
export function nextFetchMs({ lastDueMs, nowMs, rate }: { readonly lastDueMs: number; readonly nowMs: number; readonly rate: number }): number {
  const intervalMs = 1_000 / rate;
  return nowMs - lastDueMs < 2 * intervalMs ? lastDueMs + intervalMs : nowMs;
}
