import { type API, type CameraController, type Service } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import type { CameraEvents } from '../events/camera-events.js';
import { realTimers, type Timers } from '../pipeline/lease.js';
import { nameForHome } from './home-name.js';

/** What may report motion of a camera: any of these, and it has a sensor for it. */
const motionReporters = ['recording', 'motionSwitch', 'motionDetectionSwitch', 'mqttMotionTopic', 'frigateCamera', 'occupancySensor'] as const satisfies readonly (keyof CameraConfig)[];

/** Where a camera has a motion sensor. @param http whether the port that takes reports is open. */
export function hasMotionSensor(config: CameraConfig, http: boolean): boolean {
  return http || config.motionDetection === 'on' || motionReporters.some((option) => config[option] !== undefined && config[option] !== false);
}

interface SensorOptions {
  readonly hap: API['hap'];
  readonly controller: CameraController;
  readonly config: CameraConfig;
  readonly events: CameraEvents;
  readonly timers?: Timers;
}

/** Keeps the sensors that the controller has made in step with what happens in front of the camera. */
export class Sensors implements Disposable {
  readonly #hap: API['hap'];
  readonly #occupancy: Service | undefined;
  readonly #occupiedForMs: number;
  readonly #timers: Timers;
  readonly #events: CameraEvents;
  readonly #listening: Disposable;
  #leavesTimer: unknown;

  constructor({ hap, controller, config, events, timers = realTimers }: SensorOptions) {
    this.#hap = hap;
    this.#events = events;
    this.#timers = timers;
    this.#occupiedForMs = config.occupancyTimeout * 60_000;
    const { motionService, occupancyService } = controller;
    this.#occupancy = occupancyService;
    const { Characteristic } = hap;
    motionService?.setCharacteristic(Characteristic.Name, nameForHome(`${config.name} Motion`)).updateCharacteristic(Characteristic.MotionDetected, false);
    occupancyService?.setCharacteristic(Characteristic.Name, nameForHome(`${config.name} Occupancy`));
    this.#setOccupied(false);
    this.#listening = events.listen((event) => {
      if (event.kind === 'motion') {
        motionService?.updateCharacteristic(Characteristic.MotionDetected, event.on);
        this.#follow(event.on);
      }
    });
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#timers.clearTimeout(this.#leavesTimer);
  }

  /** Somebody is there from the first motion on, and until so many minutes after the last. */
  #follow(moving: boolean): void {
    this.#timers.clearTimeout(this.#leavesTimer);
    if (moving) {
      this.#setOccupied(true);
      return;
    }
    const sinceMs = Math.max(0, performance.now() - this.#events.lastMotionMs);
    this.#leavesTimer = this.#timers.setTimeout(() => this.#setOccupied(false), Math.max(0, this.#occupiedForMs - sinceMs));
  }

  #setOccupied(occupied: boolean): void {
    const { OccupancyDetected } = this.#hap.Characteristic;
    this.#occupancy?.updateCharacteristic(OccupancyDetected, occupied ? OccupancyDetected.OCCUPANCY_DETECTED : OccupancyDetected.OCCUPANCY_NOT_DETECTED);
  }
}
