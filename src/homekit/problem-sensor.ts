import type { API, PlatformAccessory, Service } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import { nameForHome } from './home-name.js';
import { nameService, type ServiceNames } from './service-name.js';

/** Known to HomeKit, never to be changed. */
const subtype = 'problem';

export interface ProblemSensorOptions {
  readonly hap: API['hap'];
  readonly accessory: PlatformAccessory;
  readonly config: CameraConfig;
  readonly names: ServiceNames;
}

/** "<name> camera problem": a contact sensor that opens while something is wrong, where it is configured; otherwise it is taken away. */
export class ProblemSensor {
  readonly #hap: API['hap'];
  readonly #service: Service | undefined;

  constructor({ hap, accessory, config, names }: ProblemSensorOptions) {
    this.#hap = hap;
    const known = accessory.getServiceById(hap.Service.ContactSensor, subtype);
    if (!config.problemSensor) {
      if (known) {
        accessory.removeService(known);
      }
      return;
    }
    const name = nameForHome(`${config.name} camera problem`);
    this.#service = known ?? accessory.addService(hap.Service.ContactSensor, name, subtype);
    nameService(hap, this.#service, name, names);
    this.open = false;
  }

  set open(open: boolean) {
    const { ContactSensorState, StatusFault } = this.#hap.Characteristic;
    this.#service
      ?.updateCharacteristic(ContactSensorState, open ? ContactSensorState.CONTACT_NOT_DETECTED : ContactSensorState.CONTACT_DETECTED)
      .updateCharacteristic(StatusFault, open ? StatusFault.GENERAL_FAULT : StatusFault.NO_FAULT);
  }

  /** Whether the camera is watched: not while nobody may look through it. */
  set active(active: boolean) {
    this.#service?.updateCharacteristic(this.#hap.Characteristic.StatusActive, active);
  }
}
