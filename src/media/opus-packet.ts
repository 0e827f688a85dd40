import { Buffer } from 'node:buffer';
import { ByteReader } from './byte-reader.js';
import { FormatError } from './format-error.js';

/** What an Opus packet holds (RFC 6716 3). */
export interface OpusPacket {
  /** The first byte without the two bits that say how the frames are packed: mode, bandwidth, frame size and channels of every frame. */
  readonly toc: number;
  /** How long each frame lasts: 2.5, 5, 10, 20, 40 or 60. */
  readonly frameMs: number;
  readonly stereo: boolean;
  /** Views into the packet, at least one. A frame of no bytes was lost or not sent (DTX): the decoder makes up what was in it. */
  readonly frames: readonly Uint8Array[];
}

/** RFC 6716 3.4, R5. */
const mostPacketMs = 120;
/** RFC 6716 3.2.1: what two bytes of length can say. */
const mostFrameBytes = 1275;
/** RFC 6716 3.2.1: from this first byte on, a length has a second one. */
const twoByteLength = 252;

const stereoBit = 0x04;
const packingBits = 0x03;
/** RFC 6716 3.2: one frame, two of equal or of different length, any number. */
const packing = { one: 0, twoEqual: 1, twoDifferent: 2, any: 3 } as const;
/** RFC 6716 3.2.5: the second byte of packets with any number of frames. */
const countByte = { differentLengths: 0x80, padding: 0x40, count: 0x3f } as const;

const silkFrameMs = [10, 20, 40, 60];
const hybridFrameMs = [10, 20];
const celtFrameMs = [2.5, 5, 10, 20];
/** RFC 6716 3.1, table 2: by configuration number, for each mode and bandwidth. */
const frameMsByConfiguration: readonly number[] = [
  ...[silkFrameMs, silkFrameMs, silkFrameMs],
  ...[hybridFrameMs, hybridFrameMs],
  ...[celtFrameMs, celtFrameMs, celtFrameMs, celtFrameMs],
].flat();

const noFrame = new Uint8Array();

/** @throws FormatError for a packet that breaks one of the rules of RFC 6716 3.4. */
export function readOpusPacket(packet: Uint8Array): OpusPacket {
  const reader = new ByteReader(packet);
  const first = reader.u8();
  const toc = first & ~packingBits;
  const frameMs = frameMsOf(toc);
  return { toc, frameMs, stereo: (toc & stereoBit) !== 0, frames: readFrames(packet, reader, first & packingBits, frameMs) };
}

/** How long a packet lasts, in milliseconds, by its first two bytes alone; undefined where these do not say it. */
export function opusDurationMs(packet: Uint8Array): number | undefined {
  const [first, second] = packet;
  if (first === undefined) {
    return undefined;
  }
  const way = first & packingBits;
  const frames = way === packing.any ? (second ?? 0) & countByte.count : way === packing.one ? 1 : 2;
  return frames === 0 ? undefined : frames * frameMsOf(first);
}

/**
 * The shortest packet that holds these frames (RFC 6716 3.2).
 * @throws RangeError for no frames, more than 120 ms of them, or one of more than 1275 bytes.
 */
export function writeOpusPacket({ toc, frames }: Pick<OpusPacket, 'toc' | 'frames'>): Buffer {
  if (frames.length === 0 || frames.length * frameMsOf(toc) > mostPacketMs || frames.some(({ length }) => length > mostFrameBytes)) {
    throw new RangeError(`no Opus packet holds ${frames.length} frames of ${frameMsOf(toc)} ms and ${frames.map(({ length }) => length).join(', ')} bytes`);
  }
  return Buffer.concat([Buffer.from(packetHeader(toc & ~packingBits, frames)), ...frames]);
}

/**
 * The same frames in a packet of exactly so many bytes (RFC 6716 3.2.5). An encoder with a constant bitrate pads its packets,
 * and joining or splitting them leaves padding out.
 * @throws FormatError for a bad packet; RangeError where its frames need more bytes.
 */
export function padOpusPacket(packet: Uint8Array, bytes: number): Buffer {
  const { toc, frames } = readOpusPacket(packet);
  const shortest = writeOpusPacket({ toc, frames });
  if (shortest.length === bytes) {
    return shortest;
  }
  const [first, second, ...lengths] = countedHeader(toc, frames);
  const added = bytes - 2 - lengths.length - frames.reduce((sum, { length }) => sum + length, 0);
  if (added < 0) {
    throw new RangeError(`the frames of an Opus packet of ${shortest.length} bytes do not fit in ${bytes}`);
  }
  if (added === 0) {
    return Buffer.concat([Buffer.of(first, second, ...lengths), ...frames]);
  }
  // Each length byte of 255 stands for itself and 254 bytes of padding; the last one for itself and its value.
  const full = Math.floor((added - 1) / 255);
  const last = added - 1 - 255 * full;
  const header = Buffer.of(first, second | countByte.padding, ...new Array<number>(full).fill(255), last, ...lengths);
  return Buffer.concat([header, ...frames, Buffer.alloc(254 * full + last)]);
}

/**
 * One packet out of several that follow on each other. The frames of a packet share its first byte, but an encoder may change its
 * mode or bandwidth at any time. Frames of the mode with less sound are then left out: they become frames of no bytes, which the
 * decoder makes up for. So the packet lasts as long as its parts, and a receiver that goes by exact packet times is not put out of step.
 * @throws FormatError for a bad packet; RangeError where the parts last more than 120 ms, or no part's frame size goes up in all others.
 */
export function joinOpusPackets(packets: readonly Uint8Array[]): Buffer {
  const parts = packets.map(readOpusPacket);
  const { toc, frameMs } = partToFollow(parts);
  const frames = parts.flatMap((part) => (part.toc === toc ? part.frames : new Array<Uint8Array>(durationMs(part) / frameMs).fill(noFrame)));
  return writeOpusPacket({ toc, frames });
}

/**
 * Packets of `frameCount` frames each, in order; undefined where the packet's frames do not go up in such. A frame itself cannot be split.
 * @throws FormatError for a bad packet; RangeError for a `frameCount` that is not a whole number over 0.
 */
export function splitOpusPacket(packet: Uint8Array, frameCount: number): readonly Buffer[] | undefined {
  if (!Number.isInteger(frameCount) || frameCount < 1) {
    throw new RangeError(`an Opus packet cannot have ${frameCount} frames`);
  }
  const { toc, frames } = readOpusPacket(packet);
  if (frames.length % frameCount !== 0) {
    return undefined;
  }
  return Array.from({ length: frames.length / frameCount }, (_, index) =>
    writeOpusPacket({ toc, frames: frames.slice(index * frameCount, (index + 1) * frameCount) }),
  );
}

function readFrames(packet: Uint8Array, reader: ByteReader, code: number, frameMs: number): readonly Uint8Array[] {
  switch (code) {
    case packing.one:
      return equalFrames(reader, 1);
    case packing.twoEqual:
      return equalFrames(reader, 2);
    case packing.twoDifferent:
      return differentFrames(reader, 2);
    default:
      return anyFrames(packet, reader, frameMs);
  }
}

/** RFC 6716 3.2.5. */
function anyFrames(packet: Uint8Array, reader: ByteReader, frameMs: number): readonly Uint8Array[] {
  const second = reader.u8();
  const count = second & countByte.count;
  if (count === 0 || count * frameMs > mostPacketMs) {
    throw new FormatError(`Opus packet with ${count} frames of ${frameMs} ms`);
  }
  const padding = (second & countByte.padding) === 0 ? 0 : readPaddingLength(reader);
  if (padding > reader.left) {
    throw new FormatError(`Opus packet with ${padding} bytes of padding and ${reader.left} left for it`);
  }
  const content = new ByteReader(packet, reader.position, packet.length - padding);
  return (second & countByte.differentLengths) === 0 ? equalFrames(content, count) : differentFrames(content, count);
}

/** A byte of 255 stands for 254, and another byte follows. */
function readPaddingLength(reader: ByteReader): number {
  let length = 0;
  for (;;) {
    const byte = reader.u8();
    if (byte < 255) {
      return length + byte;
    }
    length += 254;
  }
}

function equalFrames(reader: ByteReader, count: number): readonly Uint8Array[] {
  const length = reader.left / count;
  if (!Number.isInteger(length) || length > mostFrameBytes) {
    throw new FormatError(`Opus packet with ${reader.left} bytes for ${count} frames of equal length`);
  }
  return Array.from({ length: count }, () => reader.bytes(length));
}

/** The last frame has what the others, whose lengths come first, leave. */
function differentFrames(reader: ByteReader, count: number): readonly Uint8Array[] {
  const lengths = Array.from({ length: count - 1 }, () => readFrameLength(reader));
  const frames = lengths.map((length) => reader.bytes(length));
  return [...frames, ...equalFrames(reader, 1)];
}

function readFrameLength(reader: ByteReader): number {
  const first = reader.u8();
  return first < twoByteLength ? first : first + 4 * reader.u8();
}

function packetHeader(toc: number, frames: readonly Uint8Array[]): readonly number[] {
  const [first, second] = frames;
  if (frames.length === 1) {
    return [toc | packing.one];
  }
  if (first && second && frames.length === 2) {
    return first.length === second.length ? [toc | packing.twoEqual] : [toc | packing.twoDifferent, ...frameLengthBytes(first)];
  }
  return countedHeader(toc, frames);
}

/** RFC 6716 3.2.5: of any number of frames. */
function countedHeader(toc: number, frames: readonly Uint8Array[]): readonly [number, number, ...number[]] {
  const isConstant = frames.every(({ length }) => length === frames[0]?.length);
  return isConstant
    ? [toc | packing.any, frames.length]
    : [toc | packing.any, countByte.differentLengths | frames.length, ...frames.slice(0, -1).flatMap(frameLengthBytes)];
}

function frameLengthBytes({ length }: Uint8Array): readonly number[] {
  if (length < twoByteLength) {
    return [length];
  }
  const first = twoByteLength | (length & 3);
  return [first, (length - first) / 4];
}

/** The part with whose frames most is heard, of those whose frame size goes up in all others; the first where several are equal. */
function partToFollow(parts: readonly OpusPacket[]): OpusPacket {
  const heardMs = ({ toc }: OpusPacket): number =>
    parts.filter((part) => part.toc === toc).reduce((sum, { frames, frameMs }) => sum + frameMs * frames.filter(({ length }) => length > 0).length, 0);
  const [best] = parts.filter(({ frameMs }) => parts.every((part) => durationMs(part) % frameMs === 0)).sort((a, b) => heardMs(b) - heardMs(a));
  if (best === undefined) {
    throw new RangeError(`Opus packets of ${parts.map((part) => `${durationMs(part)} ms`).join(', ')} cannot become one`);
  }
  return best;
}

function durationMs({ frameMs, frames }: OpusPacket): number {
  return frameMs * frames.length;
}

function frameMsOf(toc: number): number {
  return frameMsByConfiguration[toc >> 3] ?? 0;
}
