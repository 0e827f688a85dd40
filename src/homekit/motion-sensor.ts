import type { API, CameraController, PlatformAccessory } from 'homebridge';
import type { CameraConfig } from '../config/options.js';
import { nameForHome } from './home-name.js';

/** Told apart from other switches of the accessory by this. */
const switchSubtype = 'motion';

/** Where a camera has a motion sensor: recordings need one, and so does the switch that sets it. */
export function hasMotionSensor({ recording, motionSwitch }: Pick<CameraConfig, 'recording' | 'motionSwitch'>): boolean {
  return recording || motionSwitch;
}

/** Names the sensor that the controller has made, and adds the switch that sets it by hand; or takes away what is not configured any more. */
export function setUpMotion({ hap }: Pick<API, 'hap'>, accessory: PlatformAccessory, controller: CameraController, config: CameraConfig): void {
  const { Service, Characteristic } = hap;
  const { motionService } = controller;
  motionService?.setCharacteristic(Characteristic.Name, nameForHome(`${config.name} Motion`));
  const known = accessory.getServiceById(Service.Switch, switchSubtype);
  if (!config.motionSwitch || !motionService) {
    if (known) {
      accessory.removeService(known);
    }
    return;
  }
  const name = nameForHome(`${config.name} Motion Switch`);
  const service = known ?? accessory.addService(Service.Switch, name, switchSubtype);
  service.addOptionalCharacteristic(Characteristic.ConfiguredName);
  service
    .setCharacteristic(Characteristic.ConfiguredName, name)
    .getCharacteristic(Characteristic.On)
    .updateValue(false)
    .onSet((on) => {
      motionService.updateCharacteristic(Characteristic.MotionDetected, Boolean(on));
    });
  motionService.updateCharacteristic(Characteristic.MotionDetected, false);
}
