/** Where samples lie. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** Nearest rank: 95 % of the samples are at most this. */
  readonly p95: number;
  readonly min: number;
  readonly max: number;
}

/** Throws where there are no samples. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) {
      throw new RangeError('There are no samples to summarise.');
    }
    return value;
  };
  const middle = sorted.length / 2;
  return {
    count: sorted.length,
    median: sorted.length % 2 === 1 ? at(Math.floor(middle)) : (at(middle - 1) + at(middle)) / 2,
    p95: at(Math.ceil(sorted.length * 0.95) - 1),
    min: at(0),
    max: at(sorted.length - 1),
  };
}

export function median(samples: readonly number[]): number {
  return summarise(samples).median;
}

/** "12 samples, 3 to 17": the remark beside a median. */
export function spread(samples: readonly number[], digits = 0, what = 'sample'): string {
  const { count, min, max } = summarise(samples);
  return count === 1 ? `one ${what}` : `${count} ${what}s, ${min.toFixed(digits)} to ${max.toFixed(digits)}`;
}
