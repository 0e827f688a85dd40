import type { API, CameraController } from 'homebridge';
import type { Camera } from '../pipeline/camera.js';
import { fullLoudness, type Loudness } from '../pipeline/sound/loudness.js';
import type { KeptSwitches } from './kept-switches.js';

export interface LoudnessOptions {
  readonly hap: API['hap'];
  /** Configured already: its services exist. */
  readonly controller: CameraController;
  readonly camera: Camera;
  readonly kept: KeptSwitches;
  /** Of the accessory. */
  readonly id: string;
}

/**
 * Brings how microphone and speaker are set in the Home app to the camera. What is mute stays so when Homebridge is restarted, as somebody
 * may not want to be heard; hap-nodejs forgets it.
 */
export function followLoudness({ hap, controller, camera, kept, id }: LoudnessOptions): void {
  const hear = (microphone: Loudness): void => {
    camera.microphone = microphone;
  };
  const speak = (speaker: Loudness): void => {
    if (camera.talkback) {
      camera.talkback.loudness = speaker;
    }
  };
  if (kept.get(id, 'microphoneMuted') === true) {
    controller.setMicrophoneMuted(true);
    hear({ ...fullLoudness, muted: true });
  }
  if (kept.get(id, 'speakerMuted') === true) {
    controller.setSpeakerMuted(true);
    speak({ ...fullLoudness, muted: true });
  }
  controller.on(hap.CameraControllerEvents.MICROPHONE_PROPERTIES_CHANGED, (muted, volume) => {
    hear({ muted, volume });
    void kept.set(id, 'microphoneMuted', muted);
  });
  controller.on(hap.CameraControllerEvents.SPEAKER_PROPERTIES_CHANGED, (muted, volume) => {
    speak({ muted, volume });
    void kept.set(id, 'speakerMuted', muted);
  });
}
