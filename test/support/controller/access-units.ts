import type { RtpPacket } from './rtp-capture.js';

/** One received picture with what belongs to it. */
export interface ReceivedUnit {
  /** The RTP timestamp, 90 kHz, 32 bits. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Of its first and its last packet, on `performance.now()`'s clock. */
  readonly firstArrivalMs: number;
  readonly lastArrivalMs: number;
  readonly packets: number;
  readonly nalTypes: readonly number[];
  /** All its NAL units with start codes, ready for a decoder. */
  readonly annexB: Buffer;
  /** It holds an IDR slice. */
  readonly keyframe: boolean;
  /** It holds both SPS and PPS. */
  readonly hasParameterSets: boolean;
  /** Packets of it are missing. */
  readonly damaged: boolean;
}

interface OpenUnit {
  readonly timestamp: number;
  readonly ssrc: number;
  readonly packets: Map<number, RtpPacket>;
  marker: number | undefined;
}

const startCode = Buffer.of(0, 0, 0, 1);

/**
 * Puts RTP packets together to access units (RFC 6184: single NAL units, STAP-A, FU-A). A unit is given out when it is
 * whole, in order of sending; with packets missing once two later ones have begun. Pure.
 */
export class AccessUnitAssembler {
  private open: OpenUnit[] = [];
  /** Where the next unit must begin; unknown at the start and after a unit without its end. */
  private next: { readonly ssrc: number; readonly sequence: number } | undefined;
  private doneBelow: { readonly ssrc: number; readonly sequence: number } | undefined;

  /** Takes a packet, gives the units that are finished by it. */
  add(packet: RtpPacket): ReceivedUnit[] {
    if (this.doneBelow?.ssrc === packet.ssrc && packet.sequence < this.doneBelow.sequence) {
      return [];
    }
    const unit = this.unitOf(packet);
    unit.packets.set(packet.sequence, packet);
    if (packet.marker) {
      unit.marker = packet.sequence;
    }
    const finished: ReceivedUnit[] = [];
    for (let oldest = this.open[0]; oldest; oldest = this.open[0]) {
      const whole = this.isWhole(oldest);
      if (!whole && this.open.length < 3) {
        break;
      }
      finished.push(this.close(oldest, !whole));
    }
    return finished;
  }

  private unitOf({ timestamp, ssrc }: RtpPacket): OpenUnit {
    const known = this.open.find((unit) => unit.timestamp === timestamp && unit.ssrc === ssrc);
    if (known) {
      return known;
    }
    const unit: OpenUnit = { timestamp, ssrc, packets: new Map(), marker: undefined };
    this.open.push(unit);
    return unit;
  }

  private isWhole(unit: OpenUnit): boolean {
    if (unit.marker === undefined) {
      return false;
    }
    const first = Math.min(...unit.packets.keys());
    const startsRight = this.next?.ssrc === unit.ssrc ? first === this.next.sequence : beginsNal(unit.packets.get(first));
    return startsRight && unit.marker - first + 1 === unit.packets.size;
  }

  private close(unit: OpenUnit, damaged: boolean): ReceivedUnit {
    this.open.shift();
    const packets = [...unit.packets.values()].sort((one, other) => one.sequence - other.sequence);
    const last = packets.at(-1)?.sequence ?? 0;
    this.next = unit.marker === undefined ? undefined : { ssrc: unit.ssrc, sequence: unit.marker + 1 };
    this.doneBelow = { ssrc: unit.ssrc, sequence: last + 1 };
    const nals = depacketize(packets);
    const nalTypes = nals.map((nal) => (nal[0] ?? 0) & 0x1f);
    const arrivals = packets.map(({ arrivalMs }) => arrivalMs);
    return {
      timestamp: unit.timestamp,
      ssrc: unit.ssrc,
      firstArrivalMs: Math.min(...arrivals),
      lastArrivalMs: Math.max(...arrivals),
      packets: packets.length,
      nalTypes,
      annexB: Buffer.concat(nals.flatMap((nal) => [startCode, nal])),
      keyframe: nalTypes.includes(5),
      hasParameterSets: nalTypes.includes(7) && nalTypes.includes(8),
      damaged,
    };
  }
}

/** A single NAL unit, a STAP-A, or the first fragment of an FU-A. */
function beginsNal(packet: RtpPacket | undefined): boolean {
  const type = (packet?.payload[0] ?? 0) & 0x1f;
  return type !== 28 || ((packet?.payload[1] ?? 0) & 0x80) !== 0;
}

/** The NAL units of packets in order; fragments without their beginning are left out, others go as far as they came. */
function depacketize(packets: readonly RtpPacket[]): Buffer[] {
  const nals: Buffer[][] = [];
  let fragmentsUpTo: number | undefined;
  for (const { payload, sequence } of packets) {
    const type = (payload[0] ?? 0) & 0x1f;
    if (type === 24) {
      nals.push(...aggregated(payload).map((nal) => [nal]));
    } else if (type !== 28) {
      nals.push([payload]);
    } else if (((payload[1] ?? 0) & 0x80) !== 0) {
      // The NAL header is put together from the indicator's upper and the fragment header's lower bits.
      nals.push([Buffer.of(((payload[0] ?? 0) & 0xe0) | ((payload[1] ?? 0) & 0x1f)), payload.subarray(2)]);
      fragmentsUpTo = sequence;
    } else if (fragmentsUpTo === sequence - 1) {
      nals.at(-1)?.push(payload.subarray(2));
      fragmentsUpTo = sequence;
    }
  }
  return nals.map((parts) => Buffer.concat(parts)).filter((nal) => nal.length > 0);
}

function aggregated(payload: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let offset = 1; offset + 2 <= payload.length;) {
    const length = payload.readUInt16BE(offset);
    nals.push(payload.subarray(offset + 2, offset + 2 + length));
    offset += 2 + length;
  }
  return nals;
}
