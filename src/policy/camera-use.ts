/** Whether anybody may look through the camera. */
export interface CameraUse {
  readonly on: boolean;
  /** The plugin is not to be connected to it at all, and says so with a drawn picture. */
  readonly barred: boolean;
  /** Completes "the camera is off: ". */
  readonly because: string;
}

/** @param switchedOn in the Home app @param privacy whether the privacy switch is on */
export function cameraUse(switchedOn: boolean, privacy: boolean): CameraUse {
  if (privacy) {
    return { on: false, barred: true, because: 'its privacy switch is on' };
  }
  return switchedOn ? { on: true, barred: false, because: 'nothing speaks against it' } : { on: false, barred: false, because: 'it is switched off in the Home app' };
}
