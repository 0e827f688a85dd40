import type { FfmpegSearch } from '../../ffmpeg/ffmpeg-search.js';
import type { Hardware } from '../../ffmpeg/hardware/hardware.js';
import type { HubConfig } from '../../config/read-config.js';
import type { Finding } from './finding.js';
import type { ConfigFacts } from './config-facts.js';
import type { StoragePlace } from './storage-place.js';

/** What checks look at. */
export interface DoctorContext {
  readonly storage: StoragePlace;
  readonly config: ConfigFacts;
  /** What the plugin would run with: with every default where nothing is configured. */
  readonly hub: HubConfig;
  readonly ffmpeg: FfmpegSearch;
  readonly hardware: Hardware;
  /** A folder for what lives no longer than the check. */
  readonly workFolder: string;
  /** Cameras are not connected to. */
  readonly skipCameras: boolean;
  readonly signal: AbortSignal;
  /** How far it is, in words. */
  readonly onProgress: (text: string) => void;
}

/** One subject that is looked at. */
export interface Check {
  readonly title: string;
  /** What is being done meanwhile: 'Trying the graphics hardware'. */
  readonly doing: string;
  readonly find: (context: DoctorContext) => Promise<readonly Finding[]>;
}

/** `gather` looks at the machine and changes nothing; `judge` is pure. */
interface CheckParts<Facts> extends Omit<Check, 'find'> {
  readonly gather: (context: DoctorContext) => Promise<Facts>;
  readonly judge: (facts: Facts) => readonly Finding[];
}

export function check<Facts>({ title, doing, gather, judge }: CheckParts<Facts>): Check {
  return { title, doing, find: async (context) => judge(await gather(context)) };
}
