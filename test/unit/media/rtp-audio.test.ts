import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type * as Werift from 'werift-rtp';
import { FormatError } from '../../../src/media/format-error.js';
import { AudioPacketizer } from '../../../src/media/rtp-audio.js';
import { readRtpPacket, rtpPayloadStart } from '../../../src/media/rtp-packet.js';
import { SrtpSender } from '../../../src/media/srtp.js';
import { randomKeys, weriftConfig } from '../../support/controller/rtp-capture.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

const { RtpHeader, RtpPacket, SrtpSession } = createRequire(import.meta.url)('werift-rtp') as typeof Werift;

describe('sound in RTP', () => {
  test('has its payload, its time, its marker and the next number each, past 65535, as another implementation reads it', () => {
    const packetizer = new AudioPacketizer({ ssrc: 0xfedcba98, payloadType: 110, firstSequence: 65_534 });
    const times = [0xffff_fd80, 2 ** 32, 2 ** 32 + 640];
    const packets = times.map((rtpTime, index) => {
      const { buffer, spans, payloadBytes } = packetizer.packet(Buffer.alloc(20 + index, index), rtpTime, index === 0);
      expect(spans).toHaveLength(1);
      expect(payloadBytes).toBe(20 + index);
      return RtpPacket.deSerialize(buffer.subarray(spans[0]?.start, spans[0]?.end));
    });
    expect(packets.map(({ header }) => [header.sequenceNumber, header.timestamp, header.marker])).toEqual([
      [65_534, 0xffff_fd80, true],
      [65_535, 0, false],
      [0, 640, false],
    ]);
    packets.forEach(({ header, payload }, index) => {
      expect(header).toMatchObject({ version: 2, payloadType: 110, ssrc: 0xfedcba98, padding: false, extension: false, csrc: [] });
      expect(payload).toEqual(Buffer.alloc(20 + index, index));
    });
  });

  test('of every length from a DTX packet to the largest one is decrypted by another implementation as it was', () => {
    const keys = randomKeys();
    const sender = new SrtpSender({ masterKey: keys.key, masterSalt: keys.salt });
    const receiver = new SrtpSession(weriftConfig(keys));
    const packetizer = new AudioPacketizer({ ssrc: 5, payloadType: 110, firstSequence: 65_500 });
    const random = seededRandom(2);
    for (const length of [...Array.from({ length: 70 }, (_, index) => index + 1), 252, 253, 254, 255, 1275, 3825]) {
      const payload = randomBytes(random, length);
      const slab = packetizer.packet(payload, 0, false);
      sender.protect(slab);
      const wire = Buffer.from(slab.buffer.subarray(slab.spans[0]?.start, (slab.spans[0]?.end ?? 0) + 10));
      expect(RtpPacket.deSerialize(receiver.decrypt(wire)).payload.equals(payload)).toBe(true);
    }
  });
});

const plain = Buffer.from('806e1234000003e8deadbeef', 'hex');
const sound = Buffer.from('48aabbccdd', 'hex');

function withFirstByte(first: number, ...parts: readonly Uint8Array[]): Buffer {
  const packet = Buffer.concat([plain, ...parts]);
  packet[0] = first;
  return packet;
}

describe('an RTP packet is read', () => {
  test.each([
    ['as it is', withFirstByte(0x80, sound)],
    ['with contributing sources', withFirstByte(0x82, Buffer.alloc(8, 1), sound)],
    ['with an extension', withFirstByte(0x90, Buffer.from('bede000211223344', 'hex'), Buffer.alloc(4), sound)],
    ['with an empty extension', withFirstByte(0x90, Buffer.from('bede0000', 'hex'), sound)],
    ['with padding', withFirstByte(0xa0, sound, Buffer.from([0, 0, 3]))],
    ['with one byte of padding', withFirstByte(0xa0, sound, Buffer.from([1]))],
    ['with all of these', withFirstByte(0xb1, Buffer.alloc(4, 1), Buffer.from('bede000155555555', 'hex'), sound, Buffer.from([9, 2]))],
  ])('%s', (_, packet) => {
    expect(readRtpPacket(packet)).toEqual({ payloadType: 110, marker: false, sequence: 0x1234, timestamp: 1000, ssrc: 0xdeadbeef, payload: sound });
  });

  test('that another implementation wrote', () => {
    const header = new RtpHeader({ version: 2, payloadType: 127, marker: true, sequenceNumber: 65_535, timestamp: 0xffff_ffff, ssrc: 0xffff_ffff, csrc: [1, 2, 3], csrcLength: 3 });
    expect(readRtpPacket(new RtpPacket(header, sound).serialize())).toEqual({
      payloadType: 127, marker: true, sequence: 65_535, timestamp: 0xffff_ffff, ssrc: 0xffff_ffff, payload: sound,
    });
  });

  test('without payload, or with padding alone', () => {
    expect(readRtpPacket(withFirstByte(0x80)).payload).toHaveLength(0);
    expect(readRtpPacket(withFirstByte(0xa0, Buffer.from([0, 2]))).payload).toHaveLength(0);
  });
});

describe('an RTP packet is refused', () => {
  test.each([
    ['that is empty', Buffer.alloc(0)],
    ['that ends within the header', plain.subarray(0, 11)],
    ['of another version', withFirstByte(0x40, sound)],
    ['without its contributing sources', withFirstByte(0x82, Buffer.alloc(7))],
    ['without its extension', withFirstByte(0x90)],
    ['with half an extension header', withFirstByte(0x90, Buffer.alloc(3))],
    ['without the whole of its extension', withFirstByte(0x90, Buffer.from('bede0002112233', 'hex'))],
    ['with padding and no byte to say how much', withFirstByte(0xa0)],
    ['with padding of no bytes', withFirstByte(0xa0, Buffer.from([7, 0]))],
    ['with padding that reaches into the header', withFirstByte(0xa0, Buffer.from([7, 3]))],
  ])('%s', (_, packet) => {
    expect(() => readRtpPacket(packet)).toThrow(FormatError);
  });

  test('and nothing worse comes of random bytes', () => {
    const random = seededRandom(3550);
    let read = 0;
    for (let run = 0; run < 10_000; run++) {
      const bytes = Buffer.from(randomBytes(random, below(random, 60)));
      if (bytes.length > 0) {
        bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
      }
      try {
        const { payload } = readRtpPacket(bytes);
        expect(rtpPayloadStart(bytes) + payload.length).toBeLessThanOrEqual(bytes.length);
        read += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
    expect(read).toBeGreaterThan(500);
  });
});
