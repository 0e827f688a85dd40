import type { HubConfig } from '../config/read-config.js';
import type { CameraEvents } from '../events/camera-events.js';
import type { Camera } from '../pipeline/camera.js';
import type { Log } from '../problem-log.js';
import type { ReportedAlert } from '../resources/alert-watch.js';
import { cameraKeys } from './camera-key.js';
import type { ReportedCamera } from './camera-reports.js';
import { HttpTriggers, type HttpPages, type TriggeredCamera } from './http/http-triggers.js';
import { MqttLink } from './mqtt/mqtt-link.js';

/** A camera as the house has it. */
export interface HouseCamera {
  readonly camera: Pick<Camera, 'config' | 'online'>;
  readonly events: CameraEvents;
  /** Whether it has a motion sensor. */
  readonly reportsMotion: boolean;
  /** A home hub is being sent a clip. */
  readonly recording: boolean;
  /** What is wrong with it, or with the machine. */
  readonly alerts: readonly ReportedAlert[];
  /** Tells when `camera.online`, `recording` or `alerts` may be another, until it is disposed. */
  listen(listener: () => void): Disposable;
  /** What it costs at present; becomes JSON. */
  cost(): object;
}

export interface TriggersOptions {
  readonly hub: HubConfig;
  readonly cameras: readonly HouseCamera[];
  /** What is told by HTTP. */
  readonly pages: HttpPages;
  readonly log: Log;
  /** Of this plugin. */
  readonly version: string;
}

/** The ways in which the outside world reports something about the cameras, and hears of them: as far as they are configured. */
export class Triggers implements AsyncDisposable {
  readonly #running: readonly AsyncDisposable[];

  constructor({ hub, cameras, pages, log, version }: TriggersOptions) {
    const keys = cameraKeys(cameras.map(({ camera }) => camera.config));
    const known = cameras.map((house, index) => ({ house, key: keys[index] ?? house.camera.config.name }));
    const mqtt = hub.mqttUrl === undefined ? undefined : new MqttLink({ config: hub, cameras: known.map(reported), log, version });
    const { httpPort: port, httpAddress: address, httpToken: token, httpOldUrls: oldUrls } = hub;
    const http = port === undefined || token === undefined ? undefined : new HttpTriggers({ port, address, token, oldUrls, cameras: known.map(triggered), pages, log });
    this.#running = [mqtt, http].filter((each) => each !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((each) => each[Symbol.asyncDispose]()));
  }
}

interface Known {
  readonly house: HouseCamera;
  readonly key: string;
}

function reported({ house, key }: Known): ReportedCamera {
  const { camera, events } = house;
  return {
    key,
    config: camera.config,
    events,
    state: () => ({ online: camera.online, recording: house.recording, problems: house.alerts }),
    onStateChange: (listener) => house.listen(listener),
    cost: () => house.cost(),
  };
}

function triggered({ house: { camera, events, reportsMotion }, key }: Known): TriggeredCamera {
  const { name, doorbell } = camera.config;
  return { key, name, doorbell, reportsMotion, events };
}
