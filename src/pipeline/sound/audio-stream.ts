import type { AudioFormat, AudioPacket } from '../../media/audio-packet.js';

/** Bounds of the ring: as far back as that of the pictures, whose oldest GOP reaches beyond its 10 s. */
export const audioRingLimits = { pastMs: 20_000, bytes: 4 * 1024 * 1024 } as const;

/** What a camera's microphone sends, as it sends it, kept in memory beside the pictures and on their clock. */
export class AudioStream {
  readonly #limits: { readonly pastMs: number; readonly bytes: number };
  readonly #readers = new Set<() => void>();
  /** Told that somebody begins to read: who fills the stream may be taking its time. */
  onRead: () => void = () => undefined;
  #packets: AudioPacket[] = [];
  /** Number of `#packets[0]`; all packets ever published are counted. */
  #first = 0;
  #bytes = 0;
  #format: AudioFormat | undefined;

  constructor(limits: { pastMs: number; bytes: number } = audioRingLimits) {
    this.#limits = limits;
  }

  /** Of the newest packet; undefined while the camera's sound is not kept, or it has none. */
  get format(): AudioFormat | undefined {
    return this.#format;
  }

  /** How many read along. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Bytes of sound held in the ring. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the newest packet ends to be heard; undefined while the present connection has brought none. */
  get newestMs(): number | undefined {
    const newest = this.#packets.at(-1);
    return newest && this.#format && newest.timeMs + newest.durationMs;
  }

  publish(packet: AudioPacket): void {
    this.#packets.push(packet);
    this.#bytes += packet.data.length;
    this.#format = packet.format;
    for (const wake of this.#readers) {
      wake();
    }
    while (this.#bytes > this.#limits.bytes || packet.timeMs - (this.#packets[0]?.timeMs ?? packet.timeMs) > this.#limits.pastMs) {
      this.#bytes -= this.#packets.shift()?.data.length ?? 0;
      this.#first += 1;
    }
  }

  /** The connection is gone: whether the next one has sound is not known. */
  interrupt(): void {
    this.#format = undefined;
  }

  /** Frees the ring. */
  clear(): void {
    this.interrupt();
    this.#first += this.#packets.length;
    this.#packets = [];
    this.#bytes = 0;
  }

  /** A reader that begins with the first packet to be heard after `fromMs`. `wake` is called on each new packet. */
  read(fromMs: number, wake: () => void): AudioReader {
    let number = this.#first;
    this.#readers.add(wake);
    this.onRead();
    return {
      next: () => {
        number = Math.max(number, this.#first);
        for (;;) {
          const packet = this.#packets[number - this.#first];
          number += packet ? 1 : 0;
          if (!packet || packet.timeMs + packet.durationMs > fromMs) {
            return packet;
          }
        }
      },
      [Symbol.dispose]: () => void this.#readers.delete(wake),
    };
  }
}

/** One reader's position in an AudioStream; what the ring has dropped meanwhile is left out. */
export interface AudioReader extends Disposable {
  /** The next packet, or undefined where there is none yet. */
  next(): AudioPacket | undefined;
}
