import type { API, AudioStreamingOptions, CameraController, PlatformAccessory } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import { liveCodecs, type LiveCodec } from '../policy/live-sound.js';
import { nameForHome } from './home-name.js';
import type { StreamingDelegate } from './live/streaming-delegate.js';
import { liveResolutions } from './live/video-request.js';
import { advertisedRecording } from './recording/advertised.js';
import type { RecordingDelegate } from './recording/recording-delegate.js';
import type { SensorServices } from './sensors.js';

/** What the Home app shows under the details of a camera. */
export function describe(api: API, accessory: PlatformAccessory, config: CameraConfig, version: string): void {
  const { Service, Characteristic } = api.hap;
  const information = accessory.getService(Service.AccessoryInformation) ?? accessory.addService(Service.AccessoryInformation);
  information
    .setCharacteristic(Characteristic.Manufacturer, config.manufacturer ?? 'Camera Hub')
    .setCharacteristic(Characteristic.Model, config.model ?? 'RTSP camera')
    .setCharacteristic(Characteristic.SerialNumber, config.serialNumber ?? accessory.UUID)
    .setCharacteristic(Characteristic.FirmwareRevision, version);
}

export interface ControllerParts {
  readonly delegate: StreamingDelegate;
  readonly recordings: RecordingDelegate | undefined;
  readonly sensors: SensorServices;
  /** Whether viewers can talk to the camera: the Home app shows a microphone button then. */
  readonly talks: boolean;
  readonly liveCodecs: readonly LiveCodec[];
}

/** Opus first: every Apple device takes it, at 16 kHz (the watch) or 24 kHz; AAC-ELD could not be measured with one yet. */
function offeredSound({ hap }: Pick<API, 'hap'>, offered: readonly LiveCodec[], twoWayAudio: boolean): AudioStreamingOptions {
  const { AudioStreamingCodecType, AudioStreamingSamplerate } = hap;
  const types = { opus: AudioStreamingCodecType.OPUS, 'aac-eld': AudioStreamingCodecType.AAC_ELD } as const;
  const rates = { 16_000: AudioStreamingSamplerate.KHZ_16, 24_000: AudioStreamingSamplerate.KHZ_24 } as const;
  return { twoWayAudio, codecs: offered.map((codec) => ({ type: types[codec], samplerate: liveCodecs[codec].sampleRates.map((rate) => rates[rate]) })) };
}

/** Live view, and what the camera has besides. */
export function createController({ hap }: Pick<API, 'hap'>, config: CameraConfig, { delegate, recordings, sensors, talks, liveCodecs: offered }: ControllerParts): CameraController {
  const { H264Level, H264Profile, SRTPCryptoSuites } = hap;
  const Controller = config.doorbell ? hap.DoorbellController : hap.CameraController;
  return new Controller({
    ...(config.doorbell && { name: nameForHome(`${config.name} Doorbell`) }),
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
      ...((config.audio || talks) && { audio: offeredSound({ hap }, offered, talks) }),
    },
    ...(recordings && { recording: { options: advertisedRecording({ hap }), delegate: recordings } }),
    sensors: { motion: sensors.motion ?? false, occupancy: sensors.occupancy ?? false },
  });
}
