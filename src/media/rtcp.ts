import { FormatError } from './format-error.js';

/** RFC 3550 12.1 and RFC 4585 6.1: the packet types that a HomeKit viewer and we exchange. */
const packetType = { senderReport: 200, receiverReport: 201, sourceDescription: 202, goodbye: 203, payloadFeedback: 206 } as const;
/** RFC 4585 6.3.1 and RFC 5104 4.3.1: feedback message types of payload-specific feedback. */
const feedback = { pictureLoss: 1, fullIntraRequest: 4 } as const;
const reportBlockBytes = 24;

export interface SenderReport {
  readonly ssrc: number;
  /** Wall clock at sending, in milliseconds since 1970. */
  readonly wallClockMs: number;
  /** The same moment on the RTP clock. */
  readonly rtpTime: number;
  readonly packets: number;
  readonly payloadBytes: number;
}

/** What a viewer says about our stream (RFC 3550 6.4.1). */
export interface ReceiverReport {
  /** Of the stream that is reported on. */
  readonly ssrc: number;
  /** Share of packets lost since the last report, 0 to 1. */
  readonly lossFraction: number;
  /** Packets lost since the beginning; may be negative with duplicates. */
  readonly lostInAll: number;
  /** In RTP clock ticks. */
  readonly jitterTicks: number;
}

/** What a compound packet of the viewer says. */
export interface ViewerFeedback {
  readonly reports: readonly ReceiverReport[];
  /** PLI or FIR: the viewer needs a keyframe. */
  readonly wantsKeyframe: boolean;
  readonly goodbye: boolean;
}

/** Seconds from 1900 (NTP) to 1970. */
const ntpOffsetSeconds = 2_208_988_800;

/** A compound packet: sender report and the source description that RFC 3550 6.1 wants with it. */
export function writeSenderReport(report: SenderReport, cname: string): Buffer {
  const sr = Buffer.alloc(28);
  sr.writeUInt8(0x80, 0);
  sr.writeUInt8(packetType.senderReport, 1);
  sr.writeUInt16BE(sr.length / 4 - 1, 2);
  sr.writeUInt32BE(report.ssrc, 4);
  const seconds = Math.floor(report.wallClockMs / 1000);
  sr.writeUInt32BE((seconds + ntpOffsetSeconds) >>> 0, 8);
  sr.writeUInt32BE(Math.floor(((report.wallClockMs - seconds * 1000) / 1000) * 2 ** 32) >>> 0, 12);
  sr.writeUInt32BE(report.rtpTime >>> 0, 16);
  sr.writeUInt32BE(report.packets >>> 0, 20);
  sr.writeUInt32BE(report.payloadBytes >>> 0, 24);
  return Buffer.concat([sr, writeSourceDescription(report.ssrc, cname)]);
}

/** RFC 3550 6.6, with an empty receiver report in front, as a compound packet must begin with a report. */
export function writeGoodbye(ssrc: number): Buffer {
  const packet = Buffer.alloc(16);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8(packetType.receiverReport, 1);
  packet.writeUInt16BE(1, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt8(0x81, 8);
  packet.writeUInt8(packetType.goodbye, 9);
  packet.writeUInt16BE(1, 10);
  packet.writeUInt32BE(ssrc, 12);
  return packet;
}

/** @throws FormatError where lengths do not fit; unknown packet types are passed over. */
export function readViewerFeedback(compound: Buffer): ViewerFeedback {
  const reports: ReceiverReport[] = [];
  let wantsKeyframe = false;
  let goodbye = false;
  for (let at = 0; at < compound.length;) {
    if (at + 4 > compound.length || compound.readUInt8(at) >> 6 !== 2) {
      throw new FormatError('RTCP packet without a header');
    }
    const count = compound.readUInt8(at) & 0x1f;
    const type = compound.readUInt8(at + 1);
    const end = at + 4 + compound.readUInt16BE(at + 2) * 4;
    if (end > compound.length) {
      throw new FormatError('RTCP packet is shorter than it says');
    }
    if (type === packetType.receiverReport) {
      reports.push(...readReportBlocks(compound.subarray(at + 8, end), count));
    } else if (type === packetType.senderReport) {
      reports.push(...readReportBlocks(compound.subarray(at + 28, end), count));
    } else if (type === packetType.payloadFeedback && (count === feedback.pictureLoss || count === feedback.fullIntraRequest)) {
      wantsKeyframe = true;
    } else if (type === packetType.goodbye) {
      goodbye = true;
    }
    at = end;
  }
  return { reports, wantsKeyframe, goodbye };
}

function readReportBlocks(blocks: Buffer, count: number): ReceiverReport[] {
  if (blocks.length < count * reportBlockBytes) {
    throw new FormatError('RTCP report has fewer blocks than it says');
  }
  return Array.from({ length: count }, (_, index) => {
    const at = index * reportBlockBytes;
    return {
      ssrc: blocks.readUInt32BE(at),
      lossFraction: blocks.readUInt8(at + 4) / 256,
      lostInAll: blocks.readIntBE(at + 5, 3),
      jitterTicks: blocks.readUInt32BE(at + 12),
    };
  });
}

/** RFC 3550 6.5: one chunk with a CNAME, padded to a multiple of four with at least one zero. */
function writeSourceDescription(ssrc: number, cname: string): Buffer {
  const name = Buffer.from(cname, 'utf8').subarray(0, 255);
  const packet = Buffer.alloc((8 + 2 + name.length + 1 + 3) & ~3);
  packet.writeUInt8(0x81, 0);
  packet.writeUInt8(packetType.sourceDescription, 1);
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt8(1, 8);
  packet.writeUInt8(name.length, 9);
  name.copy(packet, 10);
  return packet;
}
