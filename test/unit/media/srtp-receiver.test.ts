import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import type * as Werift from 'werift-rtp';
import { FormatError } from '../../../src/media/format-error.js';
import { AudioPacketizer } from '../../../src/media/rtp-audio.js';
import { readRtpPacket } from '../../../src/media/rtp-packet.js';
import { SrtpSender } from '../../../src/media/srtp.js';
import { deriveKeys, keyLabels, packetIv } from '../../../src/media/srtp-keys.js';
import { SrtpReceiver } from '../../../src/media/srtp-receiver.js';
import { weriftConfig } from '../../support/controller/rtp-capture.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

const { RtpHeader, SrtpSession } = createRequire(import.meta.url)('werift-rtp') as typeof Werift;

/** RFC 3711 B.3. */
const keys = { masterKey: Buffer.from('e1f97a0d3e018be0d64fa32c06de4139', 'hex'), masterSalt: Buffer.from('0ec675ad498afeebb6960b3aabe6', 'hex') };

/** Packets of one source, each encrypted when it is asked for. Numbers must rise; a smaller one has wrapped. */
class Viewer {
  readonly #sender = new SrtpSender(keys);

  constructor(readonly ssrc: number) {}

  wire(sequence: number, payload: Uint8Array = Buffer.from(`sound ${sequence}`)): Buffer {
    const slab = new AudioPacketizer({ ssrc: this.ssrc, payloadType: 110, firstSequence: sequence }).packet(payload, sequence * 320, false);
    this.#sender.protect(slab);
    return Buffer.from(slab.buffer.subarray(slab.spans[0]?.start, (slab.spans[0]?.end ?? 0) + 10));
  }
}

function heard(receiver: SrtpReceiver, wire: Buffer): string | undefined {
  const packet = receiver.unprotect(wire);
  return packet && readRtpPacket(packet).payload.toString();
}

function flipped(wire: Buffer, at: number): Buffer {
  const changed = Buffer.from(wire);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

test('keys are derived as in RFC 3711 B.3', () => {
  const { encryption, salt, authentication } = deriveKeys(keys, keyLabels.rtp);
  expect(encryption.toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087');
  expect(salt.toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1');
  expect(authentication.export().toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4');
});

test('the counter of a packet has salt, source and index where RFC 3711 4.1.1 has them', () => {
  expect(packetIv(Buffer.alloc(14), 0x11223344, 0x55667788, 0x99aa).toString('hex')).toBe('000000001122334455667788' + '99aa0000');
  expect(packetIv(Buffer.alloc(14, 0xff), 0, 0, 0).toString('hex')).toBe('ff'.repeat(14) + '0000');
});

test.each([[15, 14], [16, 13], [32, 14]])('a key of %i and a salt of %i bytes are refused', (key, salt) => {
  expect(() => new SrtpReceiver({ masterKey: Buffer.alloc(key), masterSalt: Buffer.alloc(salt) })).toThrow(FormatError);
});

describe('a packet of a viewer is decrypted', () => {
  test('that our own sender made, and is not changed itself', () => {
    const wire = new Viewer(7).wire(99);
    const before = Buffer.from(wire);
    expect(heard(new SrtpReceiver(keys), wire)).toBe('sound 99');
    expect(wire).toEqual(before);
  });

  test.each([
    ['plain', {}],
    ['with contributing sources', { csrc: [1, 2], csrcLength: 2 }],
    ['with an extension', { extension: true, extensionProfile: 0xbede as const, extensions: [{ id: 1, payload: Buffer.from([1, 2, 3]) }] }],
  ])('that another implementation made, %s', (_, fields) => {
    const other = new SrtpSession(weriftConfig({ key: keys.masterKey, salt: keys.masterSalt }));
    const receiver = new SrtpReceiver(keys);
    for (let index = 0; index < 20; index++) {
      const sequenceNumber = (65_526 + index) % 65_536;
      const header = new RtpHeader({ version: 2, payloadType: 110, ssrc: 0xcafe, sequenceNumber, timestamp: index * 960, marker: index === 0, ...fields });
      const payload = Buffer.alloc(index * 7, index);
      const packet = receiver.unprotect(other.encrypt(payload, header));
      expect(packet && readRtpPacket(packet)).toEqual({ payloadType: 110, marker: index === 0, sequence: sequenceNumber, timestamp: index * 960, ssrc: 0xcafe, payload });
    }
  });

  test('through rollovers, with most packets lost', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    for (let at = 40_000; at < 40_000 + 40 * 30_000; at += 30_000) {
      const sequence = at % 65_536;
      expect(heard(receiver, viewer.wire(sequence))).toBe(`sound ${sequence}`);
    }
  });

  test('that comes late, from before a rollover', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    const [first, late, early, last] = [65_530, 65_535, 3, 4].map((sequence) => viewer.wire(sequence));
    expect([first, early, late, last].map((wire) => wire && heard(receiver, wire))).toEqual(['sound 65530', 'sound 3', 'sound 65535', 'sound 4']);
  });

  test('of a source that jumps far ahead before its first rollover', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    expect([10, 60_000, 60_001, 2].map((sequence) => heard(receiver, viewer.wire(sequence)))).toEqual(['sound 10', 'sound 60000', 'sound 60001', 'sound 2']);
  });

  test('of several sources, each with its own rollovers', () => {
    const [one, other, receiver] = [new Viewer(1), new Viewer(2), new SrtpReceiver(keys)];
    for (const sequence of [65_535, 0, 1]) {
      expect(heard(receiver, one.wire(sequence))).toBe(`sound ${sequence}`);
      const later = (sequence + 30_000) & 0xffff;
      expect(heard(receiver, other.wire(later))).toBe(`sound ${later}`);
    }
  });
});

describe('a packet is heard once', () => {
  test('also where it comes again later, or after a rollover', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    const wires = [65_534, 65_535, 0, 1, 2].map((sequence) => viewer.wire(sequence));
    expect(wires.map((wire) => heard(receiver, wire))).not.toContain(undefined);
    expect(wires.map((wire) => heard(receiver, wire))).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  test('and not at all where it is 64 packets late', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    const wires = Array.from({ length: 66 }, (_, sequence) => viewer.wire(sequence));
    expect(heard(receiver, viewer.wire(66))).toBe('sound 66');
    const late = wires.map((wire) => heard(receiver, wire));
    expect(late.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(late.slice(3)).toEqual(wires.slice(3).map((_, index) => `sound ${index + 3}`));
    expect(wires.map((wire) => heard(receiver, wire)).filter((payload) => payload !== undefined)).toEqual([]);
  });

  test('in whatever order the network brings them', () => {
    const random = seededRandom(64);
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    const sent = Array.from({ length: 3000 }, (_, index) => ({ wire: viewer.wire((64_000 + index) % 65_536), at: index + below(random, 50) }));
    const again = sent.filter(() => below(random, 4) === 0).map(({ wire, at }) => ({ wire, at: at + below(random, 200) }));
    const arriving = [...sent, ...again].sort((a, b) => a.at - b.at);
    const payloads = arriving.map(({ wire }) => heard(receiver, wire)).filter((payload) => payload !== undefined);
    expect(payloads).toHaveLength(sent.length);
    expect(new Set(payloads).size).toBe(sent.length);
  });
});

describe('a forged packet', () => {
  test('is refused wherever a bit was changed, and its twin is heard afterwards', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    expect(heard(receiver, viewer.wire(1))).toBe('sound 1');
    const wire = viewer.wire(2);
    // The first byte is left out: it says where the payload begins, and the packet may be too short for that.
    for (let at = 1; at < wire.length; at++) {
      expect(() => receiver.unprotect(flipped(wire, at))).toThrow('wrong authentication tag');
    }
    expect(heard(receiver, wire)).toBe('sound 2');
  });

  test('with a far number does not move the window', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    expect(heard(receiver, viewer.wire(1))).toBe('sound 1');
    const far = viewer.wire(2);
    far.writeUInt16BE(30_000, 2);
    expect(() => receiver.unprotect(far)).toThrow(FormatError);
    expect(heard(receiver, viewer.wire(3))).toBe('sound 3');
    expect(heard(receiver, viewer.wire(40_000))).toBe('sound 40000');
  });

  test('of a rollover too early is refused', () => {
    const [viewer, receiver] = [new Viewer(7), new SrtpReceiver(keys)];
    viewer.wire(65_000);
    expect(() => receiver.unprotect(viewer.wire(1))).toThrow(FormatError);
  });

  test('leaves no trace: sources are counted when they are proven', () => {
    const receiver = new SrtpReceiver(keys);
    for (let ssrc = 0; ssrc < 1000; ssrc++) {
      const forged = flipped(new Viewer(ssrc).wire(1), 13);
      expect(() => receiver.unprotect(forged)).toThrow('wrong authentication tag');
    }
    const viewers = Array.from({ length: 32 }, (_, ssrc) => new Viewer(ssrc).wire(1));
    expect(viewers.map((wire) => heard(receiver, wire))).toEqual(viewers.map(() => 'sound 1'));
    // One more is refused, as forgetting the first would let it be played back.
    expect(() => receiver.unprotect(new Viewer(100).wire(1))).toThrow('more than 32 sources');
    expect(viewers.map((wire) => heard(receiver, wire))).toEqual(viewers.map(() => undefined));
  });

  test('cut short or made of random bytes gives a FormatError and nothing else', () => {
    const random = seededRandom(3711);
    const receiver = new SrtpReceiver(keys);
    const good = new Viewer(7).wire(5);
    for (let length = 0; length < good.length; length++) {
      expect(() => receiver.unprotect(good.subarray(0, length))).toThrow(FormatError);
    }
    for (let run = 0; run < 2000; run++) {
      const bytes = Buffer.from(randomBytes(random, below(random, 80)));
      if (run % 2 === 0 && bytes.length > 0) {
        bytes[0] = 0x80 | (bytes[0] ?? 0);
      }
      expect(() => receiver.unprotect(bytes)).toThrow(FormatError);
    }
    expect(heard(receiver, good)).toBe('sound 5');
  });
});
