/**
 * Whether anybody may look through the camera. `barred`: the plugin is not to be connected to it at all, and says so with a drawn
 * picture. `because` says why nobody may.
 */
export type CameraUse = { readonly on: true; readonly barred: false } | { readonly on: false; readonly barred: boolean; readonly because: string };

/** @param switchedOn in the Home app @param privacy whether the privacy switch is on */
export function cameraUse(switchedOn: boolean, privacy: boolean): CameraUse {
  if (privacy) {
    return { on: false, barred: true, because: 'its privacy switch is on' };
  }
  return switchedOn ? { on: true, barred: false } : { on: false, barred: false, because: 'it is switched off in the Home app' };
}
