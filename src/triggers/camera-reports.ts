import type { CameraConfig } from '../config/options.js';
import type { CameraEvents } from '../events/camera-events.js';
import type { ReportedAlert } from '../resources/alert-watch.js';

/** A camera as the outside world hears of it, and tells it what happens. */
export interface ReportedCamera {
  /** Stands in topics and addresses, see `cameraKeys`; unique in the house. */
  readonly key: string;
  readonly config: CameraConfig;
  readonly events: CameraEvents;
  /** How it is now. `recording`: a home hub is being sent a clip. `problems`: what has been wrong for so long that somebody is to be told. */
  readonly state: () => { readonly online: boolean; readonly recording: boolean; readonly problems: readonly ReportedAlert[] };
  /** Tells whenever `state` may be another, until it is disposed. */
  readonly onStateChange: (listener: () => void) => Disposable;
  /** What it costs at present; becomes JSON. */
  readonly cost: () => object;
}
