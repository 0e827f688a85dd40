/** The still picture of a camera that is not connected, fetched from an address of its own; in milliseconds. */
export const stillImageLimits = {
  /** The camera may take so long; what follows has the rest of the answer's time. */
  withinMs: 3_000,
  /** It is not asked again for so long: the picture serves meanwhile, or, where there was none, whatever served without it. */
  againAfterMs: 10_000,
} as const;
