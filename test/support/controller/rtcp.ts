/** RTCP as a viewer reads and writes it (RFC 3550 6, RFC 4585 6.3.1, RFC 5104 4.3.1). Pure; encryption is elsewhere. */

/** A sender report, without its report blocks. */
export interface SenderReport {
  readonly ssrc: number;
  /** The wall clock in milliseconds since 1970, from the NTP time. */
  readonly wallMs: number;
  /** The middle 32 bits of the NTP time: what a receiver report says back. */
  readonly ntpMiddle: number;
  readonly rtpTimestamp: number;
  readonly packetCount: number;
  readonly octetCount: number;
}

/** What a compound RTCP packet told that a viewer cares for. */
export interface RtcpContents {
  readonly senderReports: readonly SenderReport[];
  /** The SSRCs that said goodbye. */
  readonly byes: readonly number[];
}

/** One report block of a receiver report. */
export interface ReportBlock {
  readonly ssrc: number;
  /** 0 to 1. */
  readonly fractionLost: number;
  readonly cumulativeLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
  readonly lastSenderReport: number;
  readonly delaySinceLastMs: number;
}

const ntpEpochOffsetMs = 2_208_988_800_000;

/** Reads a decrypted compound packet. Throws when a length does not fit. */
export function readRtcp(data: Buffer): RtcpContents {
  const senderReports: SenderReport[] = [];
  const byes: number[] = [];
  for (let offset = 0; offset + 4 <= data.length;) {
    const type = data.readUInt8(offset + 1);
    const end = offset + 4 + data.readUInt16BE(offset + 2) * 4;
    if (end > data.length) {
      throw new Error(`An RTCP packet of type ${type} ends at ${end}, after its ${data.length} bytes.`);
    }
    if (type === 200) {
      senderReports.push(readSenderReport(data.subarray(offset, end)));
    } else if (type === 203) {
      const count = data.readUInt8(offset) & 0x1f;
      for (let index = 0; index < count; index += 1) {
        byes.push(data.readUInt32BE(offset + 4 + index * 4));
      }
    }
    offset = end;
  }
  return { senderReports, byes };
}

/** A receiver report with the CNAME that RFC 3550 6.1 wants in every compound packet. */
export function receiverReport(sender: number, block: ReportBlock | undefined): Buffer {
  return Buffer.concat([block ? reportWithBlock(sender, block) : packet(0, 201, uint32(sender)), cname(sender)]);
}

/** Picture loss indication (RFC 4585 6.3.1); goes after a receiver report. */
export function pictureLossIndication(sender: number, media: number): Buffer {
  return packet(1, 206, uint32(sender), uint32(media));
}

/** Full intra request (RFC 5104 4.3.1); `command` counts up with each new request. */
export function fullIntraRequest(sender: number, media: number, command: number): Buffer {
  return packet(4, 206, uint32(sender), uint32(0), uint32(media), Buffer.of(command & 0xff, 0, 0, 0));
}

function readSenderReport(data: Buffer): SenderReport {
  const seconds = data.readUInt32BE(8);
  const fraction = data.readUInt32BE(12);
  return {
    ssrc: data.readUInt32BE(4),
    wallMs: seconds * 1000 + (fraction * 1000) / 2 ** 32 - ntpEpochOffsetMs,
    ntpMiddle: ((seconds & 0xffff) * 0x10000 + (fraction >>> 16)) >>> 0,
    rtpTimestamp: data.readUInt32BE(16),
    packetCount: data.readUInt32BE(20),
    octetCount: data.readUInt32BE(24),
  };
}

function reportWithBlock(sender: number, block: ReportBlock): Buffer {
  const lost = Math.max(-0x800000, Math.min(0x7fffff, block.cumulativeLost)) & 0xffffff;
  const fraction = Math.min(255, Math.round(block.fractionLost * 256));
  return packet(
    1,
    201,
    uint32(sender),
    uint32(block.ssrc),
    uint32(fraction * 0x1000000 + lost),
    uint32(block.highestSequence),
    uint32(Math.round(block.jitter)),
    uint32(block.lastSenderReport),
    uint32(block.lastSenderReport === 0 ? 0 : Math.round((block.delaySinceLastMs / 1000) * 65536)),
  );
}

function cname(sender: number): Buffer {
  const name = Buffer.from('viewer');
  // Item type 1, its length, the name, then at least one zero up to a multiple of four bytes.
  const chunk = Buffer.concat([uint32(sender), Buffer.of(1, name.length), name]);
  return packet(1, 202, Buffer.concat([chunk, Buffer.alloc(4 - (chunk.length % 4))]));
}

function packet(count: number, type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.of(0x80 | count, type, 0, 0);
  header.writeUInt16BE(body.length / 4, 2);
  return Buffer.concat([header, body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value % 2 ** 32);
  return bytes;
}
