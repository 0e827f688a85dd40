import type { API, PlatformAccessory, Service } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import type { CameraEvents } from '../events/camera-events.js';
import { nameForHome } from './home-name.js';

/** What may report motion of a camera: with one of these it has a sensor for it. */
const motionReporters = ['recording', 'motionSwitch', 'motionDetectionSwitch', 'mqttMotionTopic', 'frigateCamera', 'occupancySensor'] as const satisfies readonly (keyof CameraConfig)[];

/** Where a camera has a motion sensor. @param http whether the port that takes reports is open. */
export function hasMotionSensor(config: CameraConfig, http: boolean): boolean {
  return http || config.motionDetection === 'on' || motionReporters.some((option) => config[option] !== undefined && config[option] !== false);
}

/** The sensor services of a camera, for the controller to link. */
export interface SensorServices {
  readonly motion: Service | undefined;
  readonly occupancy: Service | undefined;
}

/**
 * Adds the sensors that are wanted and takes away the others. Not left to the controller: on an accessory that Homebridge has kept,
 * hap-nodejs makes a service that it had not before, and puts it nowhere.
 */
export function setUpSensors({ Service }: API['hap'], accessory: PlatformAccessory, config: CameraConfig, http: boolean): SensorServices {
  const service = (type: typeof Service.MotionSensor | typeof Service.OccupancySensor, wanted: boolean, label: string): Service | undefined => {
    const known = accessory.getService(type);
    if (!wanted && known) {
      accessory.removeService(known);
    }
    const name = nameForHome(`${config.name} ${label}`);
    return wanted ? (known ?? accessory.addService(type, name)).setCharacteristic('Name', name) : undefined;
  };
  return {
    motion: service(Service.MotionSensor, hasMotionSensor(config, http), 'Motion'),
    occupancy: service(Service.OccupancySensor, config.occupancySensor, 'Occupancy'),
  };
}

interface SensorOptions {
  readonly hap: API['hap'];
  readonly services: SensorServices;
  readonly config: CameraConfig;
  readonly events: CameraEvents;
}

/** Keeps the sensors in step with what happens in front of the camera. */
export class Sensors implements Disposable {
  readonly #hap: API['hap'];
  readonly #services: SensorServices;
  readonly #occupiedForMs: number;
  readonly #events: CameraEvents;
  readonly #listening: Disposable;
  #leavesTimer: NodeJS.Timeout | undefined;

  constructor({ hap, services, config, events }: SensorOptions) {
    this.#hap = hap;
    this.#services = services;
    this.#events = events;
    this.#occupiedForMs = config.occupancyTimeout * 60_000;
    services.motion?.updateCharacteristic(hap.Characteristic.MotionDetected, false);
    this.#setOccupied(false);
    this.#listening = events.listen((event) => {
      if (event.kind === 'motion') {
        services.motion?.updateCharacteristic(hap.Characteristic.MotionDetected, event.on);
        this.#follow(event.on);
      }
    });
  }

  /** Whether anybody may look through the camera: HomeKit shows sensors that do not work. */
  set active(active: boolean) {
    for (const service of [this.#services.motion, this.#services.occupancy]) {
      service?.updateCharacteristic(this.#hap.Characteristic.StatusActive, active);
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    clearTimeout(this.#leavesTimer);
  }

  /** Somebody is there from the first motion on, and until so many minutes after the last. */
  #follow(moving: boolean): void {
    clearTimeout(this.#leavesTimer);
    if (moving) {
      this.#setOccupied(true);
      return;
    }
    const sinceMs = Math.max(0, performance.now() - this.#events.lastMotionMs);
    this.#leavesTimer = setTimeout(() => this.#setOccupied(false), Math.max(0, this.#occupiedForMs - sinceMs)).unref();
  }

  #setOccupied(occupied: boolean): void {
    const { OccupancyDetected } = this.#hap.Characteristic;
    this.#services.occupancy?.updateCharacteristic(OccupancyDetected, occupied ? OccupancyDetected.OCCUPANCY_DETECTED : OccupancyDetected.OCCUPANCY_NOT_DETECTED);
  }
}
