import { setTimeout as sleep } from 'node:timers/promises';
import type { FootageSettings } from '../../test/support/camera/rtsp-camera.js';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { Controller } from '../../test/support/controller/controller.js';
import type { ArmOptions } from '../../test/support/controller/recording-client.js';
import type { RecordingReceiver } from '../../test/support/controller/recording-receiver.js';
import type { Bench } from '../scenario.js';
import { keyframeMs, stageCamera } from './cameras.js';
import { stageHomebridge, type StageOptions, type StagedHomebridge } from './homebridge.js';

/** A camera that nothing but recording keeps connected, a Homebridge for it alone, and a home hub, which is in this process. */
export interface ArmedCamera extends AsyncDisposable {
  readonly camera: SpawnedCamera;
  readonly home: StagedHomebridge;
  readonly hub: Controller;
}

/** What a hub selects for a camera of 1080p. */
export const selected1080p = { width: 1920, height: 1080, fps: 30 } as const;
/** The plugin keeps 10 s of past in memory; a recording needs up to a keyframe distance more than the hub selected. */
const pastIsThereAfterMs = 10_000 + keyframeMs;
const startsWithinMs = 10_000;
const overWithinMs = 5_000;
/** hap-nodejs does not understand 39, which a single byte would hold. */
let lastStreamId = 100;

/** Starts all three; returns as soon as recording is switched on ("Record Audio" where the camera has sound). */
export async function stageArmedCamera(bench: Bench, footage: FootageSettings, selection: ArmOptions = selected1080p, options: StageOptions = {}): Promise<ArmedCamera> {
  const camera = await stageCamera(bench, footage);
  let home: StagedHomebridge | undefined;
  const dispose = async (): Promise<void> => {
    await home?.[Symbol.asyncDispose]();
    await camera.close();
  };
  try {
    home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url(), keepWarm: false }], options);
    const hub = await home.controller('Bench');
    await hub.armRecording({ audio: footage.audio !== undefined, ...selection });
    return { camera, home, hub, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Waits until a camera that has just been armed has as much past as it will ever have. */
export async function pastIsThere({ signal }: Bench): Promise<void> {
  await sleep(pastIsThereAfterMs, undefined, { signal });
}

/** Asks for a recording and waits for its first fragment; throws where it was refused. Dispose it to end it. */
export async function beginRecording({ hub, home }: Pick<ArmedCamera, 'hub' | 'home'>): Promise<RecordingReceiver> {
  lastStreamId += 1;
  const recording = await hub.openRecording({ streamId: lastStreamId });
  try {
    if (recording.status !== 0) {
      throw new Error(`The camera refused to record (reason ${recording.status}). The log ends:\n${home.log().slice(-5).join('\n')}`);
    }
    await recording.fragments(1, startsWithinMs);
    return recording;
  } catch (error) {
    await recording[Symbol.asyncDispose]();
    throw error;
  }
}

/** Waits until what a recording had started has ended, and only the connection to the camera is left. */
export async function recordingIsOver({ home }: Pick<ArmedCamera, 'home'>): Promise<void> {
  const deadline = performance.now() + overWithinMs;
  while (home.processes().length > 1) {
    if (performance.now() > deadline) {
      throw new Error(`The recording left ${home.processes().length - 1} processes behind.`);
    }
    await sleep(50);
  }
}
