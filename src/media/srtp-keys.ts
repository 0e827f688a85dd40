import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { FormatError } from './format-error.js';

/** Bytes that SRTP adds to an RTP packet: the 80-bit authentication tag (RFC 3711 5.2). */
export const srtpTagBytes = 10;

/** As HomeKit hands it over in SetupEndpoints: AES_CM_128_HMAC_SHA1_80. */
export interface SrtpKeys {
  /** 16 bytes. */
  readonly masterKey: Uint8Array;
  /** 14 bytes. */
  readonly masterSalt: Uint8Array;
}

/** Derived from the master key, for one direction of RTP or RTCP (RFC 3711 4.3). */
export interface SessionKeys {
  readonly encryption: Buffer;
  readonly authentication: KeyObject;
  readonly salt: Buffer;
}

/** RFC 3711 4.3.2: the labels of the keys derived from the master key. */
export const keyLabels = { rtp: { encryption: 0, authentication: 1, salt: 2 }, rtcp: { encryption: 3, authentication: 4, salt: 5 } } as const;

/** RFC 3711 4.1.1: salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16; the index is `high` * 2^16 + `low`. */
export function packetIv(salt: Buffer, ssrc: number, high: number, low: number): Buffer {
  const iv = Buffer.alloc(16);
  salt.copy(iv);
  iv.writeUInt32BE((iv.readUInt32BE(4) ^ ssrc) >>> 0, 4);
  iv.writeUInt32BE((iv.readUInt32BE(8) ^ high) >>> 0, 8);
  iv.writeUInt16BE(iv.readUInt16BE(12) ^ low, 12);
  return iv;
}

/** @throws FormatError for keys of another length. */
export function deriveKeys(keys: SrtpKeys, label: { encryption: number; authentication: number; salt: number }): SessionKeys {
  if (keys.masterKey.length !== 16 || keys.masterSalt.length !== 14) {
    throw new FormatError(`SRTP needs a key of 16 and a salt of 14 bytes, not ${keys.masterKey.length} and ${keys.masterSalt.length}`);
  }
  const derive = (number: number, bytes: number): Buffer => {
    const iv = Buffer.alloc(16);
    iv.set(keys.masterSalt);
    iv.writeUInt8(iv.readUInt8(7) ^ number, 7);
    return createCipheriv('aes-128-ctr', keys.masterKey, iv).update(Buffer.alloc(bytes));
  };
  return { encryption: derive(label.encryption, 16), authentication: createSecretKey(derive(label.authentication, 20)), salt: derive(label.salt, 14) };
}
