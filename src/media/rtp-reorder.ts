/** What the order goes by: `RtpPacket` has it. */
export interface SequencedPacket {
  readonly ssrc: number;
  /** 16 bits. */
  readonly sequence: number;
}

export interface ReorderLimits {
  /** No packet is held longer than this for one before it. */
  readonly waitMs: number;
  readonly mostHeld: number;
}

/** Long enough for a packet that the radio link repeated, short enough not to be heard as delay. */
const usualLimits: ReorderLimits = { waitMs: 60, mostHeld: 32 };

/** RFC 3550 A.1: numbers farther ahead or back than this are those of a sender that began anew. */
const mostDropout = 3000;
const mostMisorder = 100;

interface HeldPacket<Packet> {
  readonly packet: Packet;
  /** Places after the one that is waited for. */
  readonly ahead: number;
  readonly dueMs: number;
}

/** Puts packets that come off the network into order, each once. Has no clock of its own: the caller says what time it is. */
export class ReorderBuffer<Packet extends SequencedPacket> {
  readonly #limits: ReorderLimits;
  /** The next packet to be given out; undefined before the first. */
  #awaited: SequencedPacket | undefined;
  /** In order. */
  #held: readonly HeldPacket<Packet>[] = [];
  #dropped = 0;
  #skipped = 0;

  constructor(limits: Partial<ReorderLimits> = {}) {
    this.#limits = { ...usualLimits, ...limits };
  }

  /** Packets that came too late, or a second time. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Packets that were waited for in vain. */
  get skipped(): number {
    return this.#skipped;
  }

  /** When to call `due`, unless `push` is called before; undefined where nothing is held. */
  get nextDueMs(): number | undefined {
    return this.#held.length === 0 ? undefined : Math.min(...this.#held.map(({ dueMs }) => dueMs));
  }

  /** Takes a packet and gives those whose turn it is. */
  push(packet: Packet, nowMs: number): Packet[] {
    const ahead = this.#placesAhead(packet);
    if (ahead === undefined) {
      const left = this.#held.map((held) => held.packet);
      this.#held = [];
      this.#awaited = after(packet);
      return [...left, packet];
    }
    if (ahead < 0 || this.#held.some((held) => held.ahead === ahead)) {
      this.#dropped += 1;
      return this.due(nowMs);
    }
    this.#held = [...this.#held, { packet, ahead, dueMs: nowMs + this.#limits.waitMs }].sort((a, b) => a.ahead - b.ahead);
    return this.due(nowMs);
  }

  /** Gives the packets whose turn it is, without those before them where these were waited for long enough. */
  due(nowMs: number): Packet[] {
    const given: Packet[] = [];
    for (;;) {
      const [first] = this.#held;
      const mayGo = first && (first.ahead === 0 || this.#held.length > this.#limits.mostHeld || this.#held.some(({ dueMs }) => dueMs <= nowMs));
      if (!mayGo) {
        return given;
      }
      given.push(first.packet);
      this.#skipped += first.ahead;
      this.#awaited = after(first.packet);
      this.#held = this.#held.slice(1).map((held) => ({ ...held, ahead: held.ahead - first.ahead - 1 }));
    }
  }

  /** Undefined for the first packet, and where a sender began anew. */
  #placesAhead({ ssrc, sequence }: Packet): number | undefined {
    if (this.#awaited?.ssrc !== ssrc) {
      return undefined;
    }
    // The difference of 16-bit numbers as one with a sign.
    const ahead = ((sequence - this.#awaited.sequence) << 16) >> 16;
    return ahead > mostDropout || ahead < -mostMisorder ? undefined : ahead;
  }
}

function after({ ssrc, sequence }: SequencedPacket): SequencedPacket {
  return { ssrc, sequence: (sequence + 1) & 0xffff };
}
