import type { API, Service } from 'homebridge';

/** Names that people gave services of a camera in the Home app, by what is never to change of a service: its subtype. */
export interface ServiceNames {
  readonly of: (subtype: string) => string | undefined;
  readonly keep: (subtype: string, name: string) => void;
}

/** Shows a service under this name, or the one that people gave it in the Home app, which is kept. */
export function nameService({ Characteristic }: API['hap'], service: Service, name: string, names: ServiceNames): void {
  const subtype = service.subtype ?? '';
  service.addOptionalCharacteristic(Characteristic.ConfiguredName);
  service
    .setCharacteristic(Characteristic.ConfiguredName, names.of(subtype) ?? name)
    .getCharacteristic(Characteristic.ConfiguredName)
    .onSet((given) => typeof given === 'string' && names.keep(subtype, given));
}
