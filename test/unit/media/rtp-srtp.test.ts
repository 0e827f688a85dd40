import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type * as Werift from 'werift-rtp';
import type { AccessUnit, VideoFormat } from '../../../src/media/access-unit.js';
import { FormatError } from '../../../src/media/format-error.js';
import { readViewerFeedback, writeGoodbye, writeSenderReport } from '../../../src/media/rtcp.js';
import { H264Packetizer } from '../../../src/media/rtp-h264.js';
import { SrtcpCodec, SrtpSender } from '../../../src/media/srtp.js';
import { joinNals } from '../../../src/media/nal.js';
import { seededRandom } from '../../support/seeded-random.js';

// An implementation that is not ours: what it decrypts and parses, any viewer does.
const { SrtpSession, SrtcpSession, RtpPacket, RtcpPacketConverter, RtcpRrPacket, RtcpReceiverInfo, RtcpPayloadSpecificFeedback, PictureLossIndication } = createRequire(import.meta.url)('werift-rtp') as typeof Werift;

const sps = Buffer.from('67640028acd940780227e5c05a808080a0000003002000000781e30632c0', 'hex');
const pps = Buffer.from('68ebe3cb22c0', 'hex');
const format: VideoFormat = { codec: 'h264', parameterSets: [sps, pps], width: 1920, height: 1080, profile: 'High', level: '4.0', reorders: false, fullRange: false };
const keys = { masterKey: Buffer.from('e1f97a0d3e018be0d64fa32c06de4139', 'hex'), masterSalt: Buffer.from('0ec675ad498afeebb6960b3aabe6', 'hex') };
const random = seededRandom(1);

function nal(type: number, bytes: number): Buffer {
  const unit = Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)));
  unit[0] = 0x60 | type;
  return unit;
}

function unitOf(nals: readonly Buffer[], keyframe: boolean): AccessUnit {
  return { format, data: joinNals(nals), keyframe, timeMs: 0, decodeTimeMs: 0 };
}

function weriftSession() {
  return new SrtpSession({ profile: 1, keys: { localMasterKey: keys.masterKey, localMasterSalt: keys.masterSalt, remoteMasterKey: keys.masterKey, remoteMasterSalt: keys.masterSalt } });
}

/** Packetises, encrypts, decrypts with the other implementation, and puts the NAL units together again (RFC 6184). */
function throughTheWire(units: readonly AccessUnit[], firstSequence = 1, maxPacketBytes = 1200) {
  const packetizer = new H264Packetizer({ ssrc: 0x01020304, payloadType: 99, maxPacketBytes, firstSequence });
  const sender = new SrtpSender(keys);
  const receiver = weriftSession();
  const packets: Werift.RtpPacket[] = [];
  const sizes: number[] = [];
  units.forEach((unit, index) => {
    const slab = packetizer.packetize(unit, index * 3000);
    sender.protect(slab);
    for (const { start, end } of slab.spans) {
      const wire = Buffer.from(slab.buffer.subarray(start, end + 10));
      sizes.push(wire.length);
      packets.push(RtpPacket.deSerialize(receiver.decrypt(wire)));
    }
  });
  return { packets, sizes, nals: reassemble(packets) };
}

function reassemble(packets: readonly Werift.RtpPacket[]): Buffer[] {
  const nals: Buffer[] = [];
  let fragments: Buffer[] = [];
  for (const { payload } of packets) {
    const type = payload.readUInt8(0) & 0x1f;
    if (type === 24) {
      for (let at = 1; at < payload.length;) {
        const length = payload.readUInt16BE(at);
        nals.push(payload.subarray(at + 2, at + 2 + length));
        at += 2 + length;
      }
    } else if (type === 28) {
      const header = payload.readUInt8(1);
      if (header & 0x80) {
        fragments = [Buffer.from([(payload.readUInt8(0) & 0xe0) | (header & 0x1f)])];
      }
      fragments.push(payload.subarray(2));
      if (header & 0x40) {
        nals.push(Buffer.concat(fragments));
      }
    } else {
      nals.push(payload);
    }
  }
  return nals;
}

describe('H.264 over SRTP, read by another implementation', () => {
  test.each([1, 2, 15, 16, 17, 1174, 1175, 1176, 1177, 1178, 1179, 2348, 2349, 100_000])('a NAL unit of %i bytes arrives unchanged', (bytes) => {
    const slice = nal(1, bytes);
    const { nals, sizes } = throughTheWire([unitOf([slice], false)]);
    expect(nals).toEqual([slice]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1200);
  });

  test('a keyframe brings SPS and PPS in one packet before it, once, and no delimiter', () => {
    const idr = nal(5, 5000);
    const sei = nal(6, 30);
    const { nals, packets } = throughTheWire([unitOf([Buffer.from([9, 0xf0]), sps, pps, sei, idr], true)]);
    expect(nals).toEqual([sps, pps, sei, idr]);
    expect((packets[0]?.payload.readUInt8(0) ?? 0) & 0x1f).toBe(24);
  });

  test('parameter sets too large for one packet still arrive', () => {
    const large = { ...format, parameterSets: [sps, nal(8, 900)] };
    const { nals } = throughTheWire([{ ...unitOf([nal(5, 50)], true), format: large }], 1, 500);
    expect(nals.slice(0, 2)).toEqual(large.parameterSets);
  });

  test('the last packet of a picture is marked, all have its time, numbers go on past 65535 into the next rollover', () => {
    const units = Array.from({ length: 40 }, (_, index) => unitOf([nal(index === 0 ? 5 : 1, 4000)], index === 0));
    const { packets, nals } = throughTheWire(units, 65_500);
    expect(packets.map(({ header }) => header.sequenceNumber)).toEqual(packets.map((_, index) => (65_500 + index) % 65_536));
    expect(nals).toHaveLength(42);
    packets.forEach(({ header }, index) => {
      const next = packets[index + 1]?.header.timestamp;
      expect(header.marker).toBe(next !== header.timestamp);
    });
    expect(new Set(packets.map(({ header }) => header.timestamp)).size).toBe(40);
  });

  test('a changed byte is noticed by the receiver', () => {
    const slab = new H264Packetizer({ ssrc: 1, payloadType: 99, maxPacketBytes: 1200, firstSequence: 0 }).packetize(unitOf([nal(1, 500)], false), 0);
    new SrtpSender(keys).protect(slab);
    const wire = Buffer.from(slab.buffer.subarray(0, (slab.spans[0]?.end ?? 0) + 10));
    wire.writeUInt8(wire.readUInt8(100) ^ 1, 100);
    expect(() => weriftSession().decrypt(wire)).toThrow();
  });
});

describe('SRTCP', () => {
  const other = () => new SrtcpSession({ profile: 1, keys: { localMasterKey: keys.masterKey, localMasterSalt: keys.masterSalt, remoteMasterKey: keys.masterKey, remoteMasterSalt: keys.masterSalt } });

  test('our sender report is read by another implementation', () => {
    const plain = writeSenderReport({ ssrc: 77, wallClockMs: 1_700_000_000_500, rtpTime: 123_456, packets: 9, payloadBytes: 1234 }, 'camera-hub');
    const [report, description] = RtcpPacketConverter.deSerialize(other().decrypt(new SrtcpCodec(keys).protect(plain)));
    expect(report).toMatchObject({ ssrc: 77, senderInfo: { rtpTimestamp: 123_456, packetCount: 9, octetCount: 1234 } });
    expect((report as Werift.RtcpSrPacket).senderInfo.ntpTimestamp >> 32n).toBe(BigInt(1_700_000_000 + 2_208_988_800));
    expect(Number((report as Werift.RtcpSrPacket).senderInfo.ntpTimestamp & 0xffffffffn) / 2 ** 32).toBeCloseTo(0.5);
    expect(description).toMatchObject({ chunks: [{ source: 77, items: [{ type: 1, text: 'camera-hub' }] }] });
  });

  test('a viewer\'s report and its wish for a keyframe are read, once', () => {
    const rr = new RtcpRrPacket({ ssrc: 5, reports: [new RtcpReceiverInfo({ ssrc: 77, fractionLost: 64, packetsLost: 10, highestSequence: 5, jitter: 3, lsr: 0, dlsr: 0 })] });
    const pli = new RtcpPayloadSpecificFeedback({ feedback: new PictureLossIndication({ senderSsrc: 5, mediaSsrc: 77 }) });
    const wire = other().encrypt(Buffer.concat([rr.serialize(), pli.serialize()]));
    const codec = new SrtcpCodec(keys);
    const plain = codec.unprotect(wire);
    expect(plain && readViewerFeedback(plain)).toMatchObject({ reports: [{ ssrc: 77, lossFraction: 0.25, lostInAll: 10 }], wantsKeyframe: true, goodbye: false });
    expect(codec.unprotect(wire)).toBeUndefined();
  });

  test('our goodbye is one', () => {
    expect(readViewerFeedback(writeGoodbye(5)).goodbye).toBe(true);
  });

  test('forged, cut and random packets are refused, and nothing else happens', () => {
    const codec = new SrtcpCodec(keys);
    const good = other().encrypt(new RtcpRrPacket({ ssrc: 5, reports: [] }).serialize());
    for (let length = 0; length < good.length; length++) {
      expect(() => codec.unprotect(good.subarray(0, length))).toThrow(FormatError);
    }
    for (let run = 0; run < 2000; run++) {
      const bytes = Buffer.from(Array.from({ length: Math.floor(random() * 80) }, () => Math.floor(random() * 256)));
      expect(() => codec.unprotect(bytes)).toThrow(FormatError);
      if (bytes.length > 0) {
        bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
      }
      try {
        readViewerFeedback(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});
