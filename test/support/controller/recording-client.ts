import type { Controller } from './controller.js';
import { hapCharacteristic, hapService } from './hap-types.js';
import {
  readRecordingSelection, readSupportedRecording, recordingSelection,
  type RecordingSelection, type SelectedRecording, type SupportedRecording,
} from './recording-selection.js';

/** Recording as it is switched on in the Home app. */
export interface ArmOptions extends RecordingSelection {
  /** "Record Audio"; on unless told. */
  readonly audio?: boolean;
}

/** Whether and what an accessory is set to record. */
export interface RecordingState {
  readonly active: boolean;
  readonly audio: boolean;
  /** Undefined where none is selected. */
  readonly selection: SelectedRecording | undefined;
}

const service = hapService.cameraRecordingManagement;

/** Switches recording on as a hub does: the selection first, `Active` last. */
export async function armRecording(controller: Controller, { audio = true, ...selection }: ArmOptions): Promise<void> {
  await controller.putTlv(service, hapCharacteristic.selectedCameraRecordingConfiguration, recordingSelection(selection));
  await controller.put(service, hapCharacteristic.recordingAudioActive, audio ? 1 : 0);
  await controller.put(service, hapCharacteristic.active, 1);
}

/** Switches recording off; the selection stays. */
export async function disarmRecording(controller: Controller): Promise<void> {
  await controller.put(service, hapCharacteristic.active, 0);
}

/** Reads back what `armRecording` wrote. */
export async function recordingState(controller: Controller): Promise<RecordingState> {
  const active = await controller.get(service, hapCharacteristic.active);
  const audio = await controller.get(service, hapCharacteristic.recordingAudioActive);
  return { active: active === 1, audio: audio === 1, selection: await selectedRecording(controller) };
}

async function selectedRecording(controller: Controller): Promise<SelectedRecording | undefined> {
  try {
    return readRecordingSelection(await controller.getTlv(service, hapCharacteristic.selectedCameraRecordingConfiguration));
  } catch (error) {
    // hap-nodejs's answer where nothing was selected.
    if ((error as { status?: number }).status === -70402) {
      return undefined;
    }
    throw error;
  }
}

/** Reads what the accessory offers to record. */
export async function supportedRecording(controller: Controller): Promise<SupportedRecording> {
  const camera = await controller.getTlv(service, hapCharacteristic.supportedCameraRecordingConfiguration);
  const video = await controller.getTlv(service, hapCharacteristic.supportedVideoRecordingConfiguration);
  const audio = await controller.getTlv(service, hapCharacteristic.supportedAudioRecordingConfiguration);
  return readSupportedRecording(camera, video, audio);
}
