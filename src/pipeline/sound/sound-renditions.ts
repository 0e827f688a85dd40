import { liveSoundKey, type LiveSoundSettings } from '../../policy/live-sound.js';
import { LeaseBook, type Lease } from '../lease.js';
import type { AudioStream } from './audio-stream.js';
import { SoundRendition, type SoundRenditionOptions, type SoundRenditionStatus } from './sound-rendition.js';

/** An encoder goes on for so long after its last lease. */
const idleMs = 5_000;

/** A lease of an encoding of the sound: its packets come until it is disposed. */
export interface SoundLease extends Lease {
  readonly sound: AudioStream;
}

interface Entry {
  readonly rendition: SoundRendition;
  readonly leases: LeaseBook;
}

/** The encodings of one stream's sound: who asks for the same shares one. */
export class SoundRenditions implements AsyncDisposable {
  readonly #options: Omit<SoundRenditionOptions, 'settings'>;
  readonly #entries = new Map<string, Entry>();
  /** On their way out. */
  readonly #ending = new Set<Promise<void>>();
  #resting = false;

  constructor(options: Omit<SoundRenditionOptions, 'settings'>) {
    this.#options = options;
  }

  /** While set, they end with their last lease instead of some seconds later. */
  set resting(resting: boolean) {
    this.#resting = resting;
    for (const { leases } of this.#entries.values()) {
      leases.atOnce = resting;
    }
  }

  lease(settings: LiveSoundSettings, holder: string): SoundLease {
    const key = liveSoundKey(settings);
    const { rendition, leases } = this.#entries.get(key) ?? this.#begin(key, settings);
    const lease = leases.take({ holder });
    return { holder, sound: rendition.sound, [Symbol.dispose]: () => lease[Symbol.dispose]() };
  }

  status(): readonly (SoundRenditionStatus & { readonly leases: readonly string[] })[] {
    return [...this.#entries.values()].map(({ rendition, leases }) => ({ ...rendition.status(), leases: leases.holders }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of this.#entries.keys()) {
      this.#end(key);
    }
    await Promise.all(this.#ending);
  }

  #begin(key: string, settings: LiveSoundSettings): Entry {
    const leases = new LeaseBook(idleMs, { onTaken: () => undefined, onIdle: () => this.#end(key) });
    leases.atOnce = this.#resting;
    const entry = { rendition: new SoundRendition({ ...this.#options, settings }), leases };
    this.#entries.set(key, entry);
    return entry;
  }

  #end(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    entry?.leases.close();
    if (entry) {
      const ended = entry.rendition[Symbol.asyncDispose]().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }
}
