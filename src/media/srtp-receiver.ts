import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { FormatError } from './format-error.js';
import { rtpPayloadStart } from './rtp-packet.js';
import { deriveKeys, keyLabels, packetIv, type SessionKeys, type SrtpKeys, srtpTagBytes } from './srtp-keys.js';

/** Packets back from the newest for which is known whether they came (RFC 3711 3.3.2 wants at least as many). */
const replayWindow = 64;

/** Viewers begin with a new SSRC a few times at most. Forgetting an old one instead would let its packets be played back. */
const mostSources = 32;

/** What is known of one SSRC. Changed by authenticated packets only. */
interface Source {
  /** Of the newest packet: rollover counter * 2^16 + sequence number. */
  readonly newest: number;
  /** Bit n: the packet n before the newest came. */
  readonly came: bigint;
}

/** Decrypts incoming RTP (RFC 3711 3.3). A packet every 20 ms: plain and readable. */
export class SrtpReceiver {
  readonly #keys: SessionKeys;
  readonly #sources = new Map<number, Source>();

  constructor(keys: SrtpKeys) {
    this.#keys = deriveKeys(keys, keyLabels.rtp);
  }

  /**
   * @returns the RTP packet, in memory of its own; undefined where it came before, or is too old to know.
   * @throws FormatError for a packet that is too short, or not from the viewer (wrong tag).
   */
  unprotect(packet: Buffer): Buffer | undefined {
    const end = packet.length - srtpTagBytes;
    const payloadStart = rtpPayloadStart(packet.subarray(0, Math.max(0, end)));
    const ssrc = packet.readUInt32BE(8);
    const source = this.#sources.get(ssrc);
    const index = packetIndex(packet.readUInt16BE(2), source?.newest);
    if (source && isRepetition(source, index)) {
      return undefined;
    }
    const rollover = Math.floor(index / 0x1_0000);
    if (!timingSafeEqual(this.#tag(packet.subarray(0, end), rollover), packet.subarray(end))) {
      throw new FormatError('SRTP packet with a wrong authentication tag');
    }
    if (!source && this.#sources.size === mostSources) {
      throw new FormatError(`SRTP from more than ${mostSources} sources`);
    }
    this.#sources.set(ssrc, withPacket(source, index));
    const iv = packetIv(this.#keys.salt, ssrc, rollover, index & 0xffff);
    const payload = createCipheriv('aes-128-ctr', this.#keys.encryption, iv).update(packet.subarray(payloadStart, end));
    return Buffer.concat([packet.subarray(0, payloadStart), payload]);
  }

  /** RFC 3711 4.2: over the packet and the rollover counter, which is not sent. */
  #tag(authenticated: Buffer, rollover: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(rollover);
    return createHmac('sha1', this.#keys.authentication).update(authenticated).update(counter).digest().subarray(0, srtpTagBytes);
  }
}

/**
 * The index nearest to the newest one (RFC 3711 3.3.1), 48 bits. Before the first rollover nothing can be of the one before, so that
 * a sender that jumps far ahead is followed.
 */
function packetIndex(sequence: number, newest: number | undefined): number {
  if (newest === undefined) {
    return sequence;
  }
  const near = newest - (newest % 0x1_0000) + sequence;
  if (near > newest + 0x8000 && near >= 0x1_0000) {
    return near - 0x1_0000;
  }
  return near < newest - 0x8000 ? (near + 0x1_0000) % 2 ** 48 : near;
}

function isRepetition({ newest, came }: Source, index: number): boolean {
  const age = newest - index;
  return age >= replayWindow || (age >= 0 && (came & (1n << BigInt(age))) !== 0n);
}

function withPacket(source: Source | undefined, index: number): Source {
  if (!source) {
    return { newest: index, came: 1n };
  }
  const { newest, came } = source;
  const ahead = index - newest;
  if (ahead <= 0) {
    return { newest, came: came | (1n << BigInt(-ahead)) };
  }
  return { newest: index, came: ahead >= replayWindow ? 1n : BigInt.asUintN(replayWindow, came << BigInt(ahead)) | 1n };
}
