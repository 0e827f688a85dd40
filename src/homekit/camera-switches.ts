import type { API, PlatformAccessory, Service } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import { nameForHome } from './home-name.js';
import { nameService, type ServiceNames } from './service-name.js';

/** The switches that a camera may have, told apart from each other by their subtypes: known to HomeKit, never to be changed. */
const switchTable = {
  motionSwitch: { subtype: 'motion', label: 'Motion Switch' },
  motionDetectionSwitch: { subtype: 'motion-detection', label: 'Motion Detection' },
  privacySwitch: { subtype: 'privacy', label: 'Privacy' },
} as const satisfies Partial<Record<keyof CameraConfig, { subtype: string; label: string }>>;

export type CameraSwitch = keyof typeof switchTable;

export interface SwitchBehaviour {
  /** At the start. */
  readonly on: boolean;
  readonly onSet: (on: boolean) => void | Promise<void>;
}

export interface SwitchesOptions {
  readonly hap: API['hap'];
  readonly accessory: PlatformAccessory;
  readonly config: CameraConfig;
  readonly names: ServiceNames;
  readonly behaviours: Readonly<Record<CameraSwitch, SwitchBehaviour>>;
}

/** The switches of a camera that are configured; those that are not any more are taken away. */
export class CameraSwitches {
  readonly #hap: API['hap'];
  readonly #services = new Map<CameraSwitch, Service>();

  constructor({ hap, accessory, config, names, behaviours }: SwitchesOptions) {
    this.#hap = hap;
    for (const option of Object.keys(switchTable) as CameraSwitch[]) {
      const { subtype, label } = switchTable[option];
      const known = accessory.getServiceById(hap.Service.Switch, subtype);
      if (!config[option]) {
        if (known) {
          accessory.removeService(known);
        }
        continue;
      }
      const name = nameForHome(`${config.name} ${label}`);
      const service = known ?? accessory.addService(hap.Service.Switch, name, subtype);
      nameService(hap, service, name, names);
      const { on, onSet } = behaviours[option];
      service
        .getCharacteristic(hap.Characteristic.On)
        .updateValue(on)
        .onSet((value) => onSet(Boolean(value)));
      this.#services.set(option, service);
    }
  }

  /** It is so now, without anybody having turned it. */
  show(option: CameraSwitch, on: boolean): void {
    this.#services.get(option)?.updateCharacteristic(this.#hap.Characteristic.On, on);
  }
}
