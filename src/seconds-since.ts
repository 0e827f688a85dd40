/** Seconds from a moment of the process clock until now, to a tenth, for what people read. */
export function secondsSince(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) / 100) / 10;
}
