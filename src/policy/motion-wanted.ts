import type { CameraUse } from './camera-use.js';

/** What decides whether a camera looks for motion. */
export interface MotionQuestion {
  readonly option: 'auto' | 'on' | 'off';
  /** Of the switch in the Home app; undefined where there is none, or nobody has ever turned it. */
  readonly detectionSwitch: boolean | undefined;
  /** "Stream & Allow Recording" is chosen in the Home app. */
  readonly recordingArmed: boolean;
  /** Something else (MQTT, Frigate) reports motion of this camera. */
  readonly toldOtherwise: boolean;
  /** Whether anybody may look. */
  readonly use: CameraUse;
}

export interface MotionDecision {
  readonly on: boolean;
  readonly because: string;
}

/** Whether a camera looks for motion now. Pure. */
export function motionWanted({ option, detectionSwitch, recordingArmed, toldOtherwise, use }: MotionQuestion): MotionDecision {
  if (!use.on) {
    return { on: false, because: use.because };
  }
  if (option === 'off') {
    return { on: false, because: 'the option "motionDetection" is off' };
  }
  if (detectionSwitch !== undefined) {
    return { on: detectionSwitch, because: `its switch is ${detectionSwitch ? 'on' : 'off'}` };
  }
  if (option === 'on') {
    return { on: true, because: 'the option "motionDetection" is on' };
  }
  if (toldOtherwise) {
    return { on: false, because: 'motion is reported by MQTT' };
  }
  return recordingArmed ? { on: true, because: 'recordings are on in the Home app' } : { on: false, because: 'recordings are off in the Home app' };
}
