import { join } from 'node:path';
import { CharacteristicEventTypes, type API, type CameraController, type PlatformAccessory } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import type { StillRenderer } from '../ffmpeg/still.js';
import type { Camera } from '../pipeline/camera.js';
import { StreamingDelegate } from './live/streaming-delegate.js';
import { liveResolutions } from './live/video-request.js';
import { hasMotionSensor, setUpMotion } from './motion-sensor.js';
import { advertisedRecording } from './recording/advertised.js';
import { RecordingDelegate } from './recording/recording-delegate.js';
import { SavedRecordings } from './recording/saved-recordings.js';
import { SnapshotService } from './snapshot.js';

export interface CameraAccessoryOptions {
  readonly api: API;
  readonly accessory: PlatformAccessory;
  readonly camera: Camera;
  /** Shared by all cameras. */
  readonly renderer: StillRenderer;
  /** Of the plugin; shown as firmware version. */
  readonly version: string;
  /** What the plugin may write to. */
  readonly folder: string;
}

/** The camera as HomeKit sees it: information, live views, snapshots, recordings and motion on a platform accessory. */
export class CameraAccessory implements AsyncDisposable {
  readonly #camera: Camera;
  readonly #delegate: StreamingDelegate;
  readonly #recordings: RecordingDelegate | undefined;

  constructor({ api, accessory, camera, renderer, version, folder }: CameraAccessoryOptions) {
    this.#camera = camera;
    this.#delegate = new StreamingDelegate(camera, new SnapshotService(camera, renderer));
    describe(api, accessory, camera.config, version);
    this.#recordings = camera.config.recording ? new RecordingDelegate(api, camera, savedRecordings(camera, folder)) : undefined;
    const controller = createController(api, camera.config, this.#delegate, this.#recordings);
    this.#delegate.attach(controller);
    accessory.configureController(controller);
    this.#recordings?.attach(controller);
    this.#followOperatingMode(api, controller);
    setUpMotion(api, accessory, controller, camera.config);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#recordings?.[Symbol.asyncDispose]();
    await this.#delegate[Symbol.asyncDispose]();
    await this.#camera[Symbol.asyncDispose]();
  }

  /** A camera that is off in the Home app is left alone altogether; hap-nodejs refuses what is asked of it meanwhile. */
  #followOperatingMode({ hap }: API, controller: CameraController): void {
    const mode = controller.recordingManagement?.operatingModeService.getCharacteristic(hap.Characteristic.HomeKitCameraActive);
    const follow = (on: boolean): void => {
      this.#recordings?.cameraIs(on);
      if (on) {
        this.#camera.start();
      } else {
        this.#delegate.endAll();
        this.#camera.pause();
      }
    };
    mode?.on(CharacteristicEventTypes.CHANGE, ({ newValue }) => follow(Boolean(newValue)));
    if (mode?.value === undefined || Boolean(mode.value)) {
      this.#camera.start();
    } else {
      follow(false);
    }
  }
}

function savedRecordings({ config, problems }: Camera, folder: string): SavedRecordings | undefined {
  return config.saveRecordings ? new SavedRecordings(join(folder, 'recordings'), config.name, (problem) => problems.tell(problem)) : undefined;
}

function describe(api: API, accessory: PlatformAccessory, config: CameraConfig, version: string): void {
  const { Service, Characteristic } = api.hap;
  const information = accessory.getService(Service.AccessoryInformation) ?? accessory.addService(Service.AccessoryInformation);
  information
    .setCharacteristic(Characteristic.Manufacturer, config.manufacturer ?? 'Camera Hub')
    .setCharacteristic(Characteristic.Model, config.model ?? 'RTSP camera')
    .setCharacteristic(Characteristic.SerialNumber, config.serialNumber ?? accessory.UUID)
    .setCharacteristic(Characteristic.FirmwareRevision, version);
}

/** Live view without sound (there is none yet, so none is offered). */
function createController(api: API, config: CameraConfig, delegate: StreamingDelegate, recordings: RecordingDelegate | undefined): CameraController {
  const { CameraController, H264Level, H264Profile, SRTPCryptoSuites } = api.hap;
  return new CameraController({
    cameraStreamCount: config.maxStreams,
    delegate,
    streamingOptions: {
      supportedCryptoSuites: [SRTPCryptoSuites.AES_CM_128_HMAC_SHA1_80],
      video: {
        codec: {
          profiles: [H264Profile.BASELINE, H264Profile.MAIN, H264Profile.HIGH],
          levels: [H264Level.LEVEL3_1, H264Level.LEVEL3_2, H264Level.LEVEL4_0],
        },
        resolutions: liveResolutions,
      },
    },
    ...(recordings && { recording: { options: advertisedRecording(api), delegate: recordings } }),
    sensors: { motion: hasMotionSensor(config) },
  });
}
