import type { Controller } from './controller.js';
import { hapCharacteristic, hapService } from './hap-types.js';

/** The microphone or the speaker of an accessory, as the Home app shows it in a camera's details. */
export class SoundControl {
  private readonly service: string;

  constructor(private readonly controller: Controller, which: 'microphone' | 'speaker') {
    this.service = hapService[which];
  }

  /** Whether the accessory has one: without a speaker the Home app shows no button to talk. */
  async exists(): Promise<boolean> {
    return (await this.controller.serviceCount(this.service)) > 0;
  }

  async isMuted(): Promise<boolean> {
    return Boolean(await this.controller.get(this.service, hapCharacteristic.mute));
  }

  async mute(muted: boolean): Promise<void> {
    await this.controller.put(this.service, hapCharacteristic.mute, muted);
  }

  /** 0 to 100. */
  async volume(): Promise<number> {
    return Number(await this.controller.get(this.service, hapCharacteristic.volume));
  }

  /** 0 to 100. */
  async setVolume(volume: number): Promise<void> {
    await this.controller.put(this.service, hapCharacteristic.volume, volume);
  }
}
