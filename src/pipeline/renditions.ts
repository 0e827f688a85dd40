import { renditionKey, type RenditionSettings } from '../policy/rendition-choice.js';
import type { EncoderTotals } from './camera-status.js';
import { LeaseBook, type Lease } from './lease.js';
import type { PacketStream } from './packet-stream.js';
import { Rendition, type RenditionOptions, type RenditionStatus } from './rendition.js';

/** An encoder goes on for so long after its last lease. */
const idleMs = 5_000;

/** A lease of an encoding: its packets come until it is disposed. */
export interface RenditionLease extends Lease {
  readonly settings: RenditionSettings;
  readonly packets: PacketStream;
}

export interface RenditionsOptions extends Omit<RenditionOptions, 'settings' | 'sourceFps'> {
  /** What is encoded anew. */
  readonly source: PacketStream;
}

interface Entry {
  readonly rendition: Rendition;
  readonly leases: LeaseBook;
}

/** The encodings of one stream: who asks for the same shares one. */
export class Renditions implements AsyncDisposable {
  readonly #options: RenditionsOptions;
  readonly #entries = new Map<string, Entry>();
  /** On their way out. */
  readonly #ending = new Set<Promise<void>>();
  /** Of those that have ended. */
  #past: EncoderTotals = { dropped: 0, failures: 0 };
  #resting = false;

  constructor(options: RenditionsOptions) {
    this.#options = options;
  }

  /** While set, they end with their last lease instead of some seconds later. */
  set resting(resting: boolean) {
    this.#resting = resting;
    for (const { leases } of this.#entries.values()) {
      leases.atOnce = resting;
    }
  }

  /** Encoded pictures that are kept, in bytes. */
  get heldBytes(): number {
    return [...this.#entries.values()].reduce((sum, { rendition }) => sum + rendition.packets.bytes, 0);
  }

  lease(settings: RenditionSettings, holder: string): RenditionLease {
    const key = renditionKey(settings);
    const entry = this.#entries.get(key) ?? this.#begin(key, settings);
    if (!this.#options.source.flowing) {
      entry.rendition.packets.interrupt(); // What it has is of a camera that is gone: nobody begins with that.
    }
    const lease = entry.leases.take({ holder });
    const { packets } = entry.rendition;
    const giveBack = (): void => {
      // One that has shown nothing yet is not waited for: a viewer that changes its mind often would pile them up.
      entry.leases.atOnce = this.#resting || packets.published === 0;
      lease[Symbol.dispose]();
    };
    return { holder, settings, packets, [Symbol.dispose]: giveBack };
  }

  status(): readonly (RenditionStatus & { readonly leases: readonly string[] })[] {
    return [...this.#entries.values()].map(({ rendition, leases }) => ({ ...rendition.status(), leases: leases.holders }));
  }

  /** Since the start, also of those that have ended. */
  get totals(): EncoderTotals {
    return [...this.#entries.values()].map(({ rendition }) => rendition.status()).reduce(added, this.#past);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const key of this.#entries.keys()) {
      this.#end(key);
    }
    await Promise.all(this.#ending);
  }

  #begin(key: string, settings: RenditionSettings): Entry {
    const leases = new LeaseBook(idleMs, { onTaken: () => undefined, onIdle: () => this.#end(key) });
    leases.atOnce = this.#resting;
    const entry = { rendition: new Rendition({ ...this.#options, settings, sourceFps: () => this.#options.source.measure()?.fps }), leases };
    this.#entries.set(key, entry);
    return entry;
  }

  #end(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    entry?.leases.close();
    if (entry) {
      this.#past = added(this.#past, entry.rendition.status());
      const ended = entry.rendition[Symbol.asyncDispose]().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }
}

function added(sum: EncoderTotals, { dropped, failures }: EncoderTotals): EncoderTotals {
  return { dropped: sum.dropped + dropped, failures: sum.failures + failures };
}
