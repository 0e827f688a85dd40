import type { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { TalkPacketizer, type TalkPacketFormat } from '../../../src/media/talk-packets.js';

const muLaw: TalkPacketFormat = { codec: 'pcm_mulaw', payloadType: 0, clockRate: 8000, packetSamples: 160, markEach: false };
const aac: TalkPacketFormat = { codec: 'aac', payloadType: 97, clockRate: 16_000, packetSamples: 1024, markEach: true };
const numbers = { ssrc: 0xdeadbeef, firstSequence: 0xfffe, firstRtpTime: 2 ** 32 - 200 };

function plain(packets: readonly Buffer[]): object[] {
  return packets.map((packet) => ({
    marked: packet.readUInt8(1) >= 0x80,
    sequence: packet.readUInt16BE(2),
    rtpTime: packet.readUInt32BE(4),
    payload: packet.subarray(12).toString('hex'),
  }));
}

const bytes = (count: number, value: number): Uint8Array => new Uint8Array(count).fill(value);
const hex = (count: number, value: string): string => value.repeat(count);

test('pieces of any length become packets of 20 ms, whose numbers go round', () => {
  const packetizer = new TalkPacketizer(muLaw, numbers);
  expect(packetizer.packetize(bytes(100, 0x11), 0)).toEqual([]);
  expect(plain(packetizer.packetize(bytes(400, 0x22), 20))).toEqual([
    { marked: true, sequence: 0xfffe, rtpTime: 2 ** 32 - 200, payload: hex(100, '11') + hex(60, '22') },
    { marked: false, sequence: 0xffff, rtpTime: 2 ** 32 - 40, payload: hex(160, '22') },
    { marked: false, sequence: 0, rtpTime: 120, payload: hex(160, '22') },
  ]);
  expect(plain(packetizer.flush())).toEqual([{ marked: false, sequence: 1, rtpTime: 280, payload: hex(20, '22') + hex(140, 'ff') }]);
  expect(packetizer.flush()).toEqual([]);
});

test('the header: version, payload type, SSRC', () => {
  const [packet] = new TalkPacketizer({ ...muLaw, payloadType: 8 }, numbers).packetize(bytes(160, 0), 0);
  expect(packet?.subarray(0, 12).toString('hex')).toBe('8088fffeffffff38deadbeef');
});

test('what comes late by less than half a second is no pause', () => {
  const packetizer = new TalkPacketizer(muLaw, { ...numbers, firstSequence: 0, firstRtpTime: 0 });
  packetizer.packetize(bytes(160, 1), 0);
  expect(plain(packetizer.packetize(bytes(160, 1), 400))).toMatchObject([{ marked: false, rtpTime: 160 }]);
});

test('after a pause the time has gone on, and what was left over before it is dropped', () => {
  const packetizer = new TalkPacketizer(muLaw, { ...numbers, firstSequence: 0, firstRtpTime: 0 });
  packetizer.packetize(bytes(240, 1), 0);
  expect(plain(packetizer.packetize(bytes(160, 2), 1_030))).toEqual([{ marked: true, sequence: 1, rtpTime: 8_240, payload: hex(160, '02') }]);
});

test('speech that comes faster than it is spoken makes no pause of what follows in time', () => {
  const packetizer = new TalkPacketizer(muLaw, { ...numbers, firstSequence: 0, firstRtpTime: 0 });
  packetizer.packetize(bytes(8_000, 1), 0);
  expect(plain(packetizer.packetize(bytes(160, 2), 1_400))).toMatchObject([{ marked: false, rtpTime: 8_000 }]);
});

test('what is dropped leaves a gap in time, none in the numbers, and a mark behind it', () => {
  const packetizer = new TalkPacketizer(muLaw, { ...numbers, firstSequence: 0, firstRtpTime: 0 });
  packetizer.packetize(bytes(160, 1), 0);
  packetizer.drop(packetizer.packetize(bytes(320, 1), 20));
  expect(plain(packetizer.packetize(bytes(160, 2), 60))).toMatchObject([{ marked: true, sequence: 1, rtpTime: 480 }]);
});

test('AAC: a frame in each packet, each marked (RFC 3640 3.1)', () => {
  const packetizer = new TalkPacketizer(aac, { ...numbers, firstSequence: 0, firstRtpTime: 0 });
  const packets = [...packetizer.packetize(Uint8Array.of(1, 2, 3), 0), ...packetizer.packetize(Uint8Array.of(4), 64), ...packetizer.flush()];
  expect(plain(packets)).toEqual([
    { marked: true, sequence: 0, rtpTime: 0, payload: '00100018010203' },
    { marked: true, sequence: 1, rtpTime: 1024, payload: '0010000804' },
  ]);
  expect(() => packetizer.packetize(new Uint8Array(8_192), 128)).toThrow(RangeError);
});
