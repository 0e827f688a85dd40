/** What HomeKit asks for (HAP R13 11.8.1, selected video parameters). */
export interface LiveRequest {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
  readonly profile: 'baseline' | 'main' | 'high';
  readonly level: '3.1' | '3.2' | '4.0';
  /** The viewer is away from home. */
  readonly remote: boolean;
  /** The connection has lost packets: nothing above this is copied any more. */
  readonly copyUpToKbps?: number | undefined;
}

/** What the user allows at most; undefined: no limit. */
export interface LiveLimits {
  readonly maxWidth?: number | undefined;
  readonly maxHeight?: number | undefined;
  readonly maxFps?: number | undefined;
  readonly maxBitrate?: number | undefined;
}

/** Of two limits the tighter one, each. */
export function tighter(a: LiveLimits, b: LiveLimits): LiveLimits {
  const least = (name: keyof LiveLimits): number | undefined => (a[name] === undefined ? b[name] : Math.min(a[name], b[name] ?? Infinity));
  return { maxWidth: least('maxWidth'), maxHeight: least('maxHeight'), maxFps: least('maxFps'), maxBitrate: least('maxBitrate') };
}
