import type { Controller } from './controller.js';
import { hapCharacteristic, hapService, longUuid } from './hap-types.js';

/** The names of an accessory's switches, as the Home app shows them. */
export async function switchNames(controller: Controller): Promise<string[]> {
  const services = (await controller.accessories()).flatMap((accessory) => accessory.services);
  const switches = services.filter(({ type }) => type === longUuid(hapService.switch));
  return switches.map(({ characteristics }) => String(characteristics.find(({ type }) => type === longUuid(hapCharacteristic.configuredName))?.value));
}

/** A switch of an accessory, by the name that the Home app shows. */
export class HomeSwitch {
  private constructor(private readonly controller: Controller, private readonly index: number) {}

  /** Throws where there is none of this name. */
  static async find(controller: Controller, name: string): Promise<HomeSwitch> {
    const names = await switchNames(controller);
    if (!names.includes(name)) {
      throw new Error(`The accessory has no switch "${name}", but ${JSON.stringify(names)}.`);
    }
    return new HomeSwitch(controller, names.indexOf(name));
  }

  async isOn(): Promise<boolean> {
    return Boolean(await this.controller.get(hapService.switch, hapCharacteristic.on, this.index));
  }

  /** As people do in the Home app. */
  async rename(name: string): Promise<void> {
    await this.controller.put(hapService.switch, hapCharacteristic.configuredName, name, this.index);
  }

  async turn(on: boolean): Promise<void> {
    await this.controller.put(hapService.switch, hapCharacteristic.on, on, this.index);
  }
}
