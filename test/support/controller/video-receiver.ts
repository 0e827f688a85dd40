import { AccessUnitAssembler, type ReceivedUnit } from './access-units.js';
import { decodeAnnexB, type Decoded, type DecodeOptions } from './decode.js';
import { RtpCapture, type SrtpKeys } from './rtp-capture.js';

interface Waiter {
  readonly satisfied: () => boolean;
  readonly done: () => void;
}

/** Receives one H.264 stream over SRTP and puts its pictures together. Knows nothing of HomeKit. */
export class VideoReceiver {
  private readonly assembler = new AccessUnitAssembler();
  private readonly received: ReceivedUnit[] = [];
  private readonly waiters = new Set<Waiter>();
  private scheduled = false;

  private constructor(readonly capture: RtpCapture) {
    // Decrypting waits for the end of a picture, so that it does not delay the packets of that picture.
    capture.onPictureEnd = () => {
      if (!this.scheduled) {
        this.scheduled = true;
        setImmediate(() => {
          this.scheduled = false;
          this.look();
        });
      }
    };
    // From the beginning, until the first keyframe is there.
    capture.eager = true;
  }

  /** Opens a socket on loopback; the keys may come later (`capture.useKeys`). */
  static async open(options: { readonly ipVersion?: 'ipv4' | 'ipv6'; readonly keys?: SrtpKeys } = {}): Promise<VideoReceiver> {
    const capture = await RtpCapture.open(options.ipVersion);
    if (options.keys) {
      capture.useKeys(options.keys);
    }
    return new VideoReceiver(capture);
  }

  /** All pictures so far, in order of sending; one that is still coming is not among them. */
  units(): readonly ReceivedUnit[] {
    for (const packet of this.capture.takePayloads()) {
      this.received.push(...this.assembler.add(packet));
    }
    return this.received;
  }

  /** The first keyframe that arrived whole. Throws when none came within `timeoutMs`. */
  async firstKeyframe(timeoutMs: number): Promise<ReceivedUnit> {
    return this.waitForUnit((unit) => unit.keyframe && !unit.damaged, timeoutMs);
  }

  /** Waits until `count` pictures have come since the beginning. Throws after `timeoutMs`. */
  async waitForUnits(count: number, timeoutMs: number): Promise<readonly ReceivedUnit[]> {
    await this.waitUntil(() => this.units().length >= count, timeoutMs, `${count} pictures`);
    return this.received;
  }

  /** Waits for a picture of which `wanted` is true, counted from number `from` (0). Throws after `timeoutMs`. */
  async waitForUnit(wanted: (unit: ReceivedUnit) => boolean, timeoutMs: number, from = 0): Promise<ReceivedUnit> {
    let found: ReceivedUnit | undefined;
    let seen = from;
    const look = (): boolean => {
      const units = this.units();
      while (found === undefined && seen < units.length) {
        const unit = units[seen];
        found = unit && wanted(unit) ? unit : undefined;
        seen += 1;
      }
      return found !== undefined;
    };
    await this.waitUntil(look, timeoutMs, 'the picture waited for');
    return found ?? this.fail('the picture waited for', timeoutMs);
  }

  /** Decodes what came from the first keyframe (at or after number `from`) on, up to number `to`. */
  async decode(options: DecodeOptions & { readonly from?: number; readonly to?: number }): Promise<Decoded> {
    const { from = 0, to = Infinity, ...how } = options;
    const chosen = this.units().slice(from, to);
    const start = chosen.findIndex((unit) => unit.keyframe);
    return decodeAnnexB(start < 0 ? Buffer.alloc(0) : Buffer.concat(chosen.slice(start).map((unit) => unit.annexB)), how);
  }

  async close(): Promise<void> {
    await this.capture.close();
  }

  private async waitUntil(satisfied: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (satisfied()) {
      this.settleEagerness();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiters.delete(waiter);
        try {
          // Something may have come after the last look.
          if (satisfied()) {
            resolve();
          } else {
            this.fail(what, timeoutMs);
          }
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }, timeoutMs);
      const done = (): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { satisfied, done };
      this.waiters.add(waiter);
      this.capture.eager = true;
    });
    this.settleEagerness();
  }

  private look(): void {
    this.units();
    for (const waiter of this.waiters) {
      if (waiter.satisfied()) {
        waiter.done();
      }
    }
    this.settleEagerness();
  }

  /** On-line work only while somebody waits, or until the first keyframe. */
  private settleEagerness(): void {
    this.capture.eager = this.waiters.size > 0 || !this.received.some((unit) => unit.keyframe && !unit.damaged);
  }

  private fail(what: string, timeoutMs: number): never {
    const { packets, lost, authFailures } = this.capture.statistics();
    const came = `${this.received.length} pictures, ${packets} packets, ${lost} lost, ${authFailures} not made with the key`;
    throw new Error(`${what} did not come within ${timeoutMs} ms: ${came}.`);
  }
}
