/** What must differ, and how much of it, before something counts. */
export interface Thresholds {
  /** Brightness of 255, in a picture whose contrast was stretched to the full range. */
  readonly difference: number;
  /** Share of the picture that a moving region has at least. */
  readonly area: number;
}

const middle = { sensitivity: 50, difference: 30, area: 0.000_25 } as const;
/** So many steps of sensitivity halve it. */
const halvedBy = { difference: 40, area: 14 } as const;

/** @param sensitivity 1 (only what is large and clear) to 100 (the slightest change). */
export function thresholdsFor(sensitivity: number): Thresholds {
  const steps = middle.sensitivity - Math.min(100, Math.max(1, sensitivity));
  return { difference: middle.difference * 2 ** (steps / halvedBy.difference), area: middle.area * 2 ** (steps / halvedBy.area) };
}
