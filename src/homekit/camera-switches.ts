import type { API, PlatformAccessory } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import { nameForHome } from './home-name.js';

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

/** Adds the switches that are configured, and takes away the others. */
export function setUpSwitches({ hap }: Pick<API, 'hap'>, accessory: PlatformAccessory, config: CameraConfig, behaviours: Readonly<Record<CameraSwitch, SwitchBehaviour>>): void {
  const { Service, Characteristic } = hap;
  for (const option of Object.keys(switchTable) as CameraSwitch[]) {
    const { subtype, label } = switchTable[option];
    const known = accessory.getServiceById(Service.Switch, subtype);
    if (!config[option]) {
      if (known) {
        accessory.removeService(known);
      }
      continue;
    }
    const name = nameForHome(`${config.name} ${label}`);
    const service = known ?? accessory.addService(Service.Switch, name, subtype);
    service.addOptionalCharacteristic(Characteristic.ConfiguredName);
    const { on, onSet } = behaviours[option];
    service
      .setCharacteristic(Characteristic.ConfiguredName, name)
      .getCharacteristic(Characteristic.On)
      .updateValue(on)
      .onSet((value) => onSet(Boolean(value)));
  }
}
