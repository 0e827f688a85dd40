import { renditionKey, type RenditionSettings } from '../policy/rendition-choice.js';
import type { EncoderTotals } from './camera-status.js';
import type { Lease } from './lease.js';
import type { PacketStream } from './packet-stream.js';
import { Rendition, type RenditionOptions, type RenditionStatus } from './rendition.js';
import { SharedRuns } from './shared-runs.js';

/** A lease of an encoding: its packets come until it is disposed. */
export interface RenditionLease extends Lease {
  readonly settings: RenditionSettings;
  readonly packets: PacketStream;
}

export interface RenditionsOptions extends Omit<RenditionOptions, 'settings' | 'sourceFps'> {
  /** What is encoded anew. */
  readonly source: PacketStream;
}

/** The encodings of one stream: who asks for the same shares one. */
export class Renditions implements AsyncDisposable {
  readonly #options: RenditionsOptions;
  readonly #shared: SharedRuns<Rendition>;
  /** Of those that have ended. */
  #past: EncoderTotals = { dropped: 0, failures: 0 };

  constructor(options: RenditionsOptions) {
    this.#options = options;
    this.#shared = new SharedRuns((rendition) => {
      this.#past = added(this.#past, rendition.status());
    });
  }

  /** While set, they end with their last lease instead of some seconds later. */
  set resting(resting: boolean) {
    this.#shared.resting = resting;
  }

  /** Encoded pictures that are kept, in bytes. */
  get heldBytes(): number {
    return this.#shared.runs.reduce((sum, { packets }) => sum + packets.bytes, 0);
  }

  lease(settings: RenditionSettings, holder: string): RenditionLease {
    const { source } = this.#options;
    const start = (): Rendition => new Rendition({ ...this.#options, settings, sourceFps: () => source.measure()?.fps });
    // One that has shown nothing yet is not waited for: a viewer that changes its mind often would pile them up.
    const { run, ...lease } = this.#shared.lease(renditionKey(settings), holder, start, ({ packets }) => packets.published > 0);
    const { packets } = run;
    if (!source.flowing) {
      packets.interrupt(); // What it has is of a camera that is gone: nobody begins with that.
    }
    return { ...lease, settings, packets };
  }

  status(): readonly (RenditionStatus & { readonly leases: readonly string[] })[] {
    return this.#shared.map((rendition, leases) => ({ ...rendition.status(), leases }));
  }

  /** Since the start, also of those that have ended. */
  get totals(): EncoderTotals {
    return this.#shared.runs.map((rendition) => rendition.status()).reduce(added, this.#past);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shared[Symbol.asyncDispose]();
  }
}

function added(sum: EncoderTotals, { dropped, failures }: EncoderTotals): EncoderTotals {
  return { dropped: sum.dropped + dropped, failures: sum.failures + failures };
}
