import { liveSoundKey, type LiveSoundSettings } from '../../policy/live-sound.js';
import type { Lease } from '../lease.js';
import { SharedRuns } from '../shared-runs.js';
import type { AudioStream } from './audio-stream.js';
import { SoundRendition, type SoundRenditionOptions, type SoundRenditionStatus } from './sound-rendition.js';

/** A lease of an encoding of the sound: its packets come until it is disposed. */
export interface SoundLease extends Lease {
  readonly sound: AudioStream;
}

/** The encodings of one stream's sound: who asks for the same shares one. */
export class SoundRenditions implements AsyncDisposable {
  readonly #options: Omit<SoundRenditionOptions, 'settings'>;
  readonly #shared = new SharedRuns<SoundRendition>();

  constructor(options: Omit<SoundRenditionOptions, 'settings'>) {
    this.#options = options;
  }

  /** While set, they end with their last lease instead of some seconds later. */
  set resting(resting: boolean) {
    this.#shared.resting = resting;
  }

  lease(settings: LiveSoundSettings, holder: string): SoundLease {
    const { run, ...lease } = this.#shared.lease(liveSoundKey(settings), holder, () => new SoundRendition({ ...this.#options, settings }));
    return { ...lease, sound: run.sound };
  }

  status(): readonly (SoundRenditionStatus & { readonly leases: readonly string[] })[] {
    return this.#shared.map((rendition, leases) => ({ ...rendition.status(), leases }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shared[Symbol.asyncDispose]();
  }
}
