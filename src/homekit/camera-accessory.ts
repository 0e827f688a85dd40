import type { API, CameraController, PlatformAccessory } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import type { StillRenderer } from '../ffmpeg/still.js';
import type { Camera } from '../pipeline/camera.js';
import { StreamingDelegate } from './live/streaming-delegate.js';
import { liveResolutions } from './live/video-request.js';
import { SnapshotService } from './snapshot.js';

export interface CameraAccessoryOptions {
  readonly api: API;
  readonly accessory: PlatformAccessory;
  readonly camera: Camera;
  /** Shared by all cameras. */
  readonly renderer: StillRenderer;
  /** Of the plugin; shown as firmware version. */
  readonly version: string;
}

/** The camera as HomeKit sees it: information, live views and snapshots on a platform accessory. */
export class CameraAccessory implements AsyncDisposable {
  readonly #camera: Camera;
  readonly #delegate: StreamingDelegate;

  constructor({ api, accessory, camera, renderer, version }: CameraAccessoryOptions) {
    this.#camera = camera;
    this.#delegate = new StreamingDelegate(camera, new SnapshotService(camera, renderer));
    describe(api, accessory, camera.config, version);
    const controller = createController(api, camera.config, this.#delegate);
    this.#delegate.attach(controller);
    accessory.configureController(controller);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#delegate[Symbol.asyncDispose]();
    await this.#camera[Symbol.asyncDispose]();
  }
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
function createController(api: API, config: CameraConfig, delegate: StreamingDelegate): CameraController {
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
  });
}
