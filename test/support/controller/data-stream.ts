import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { within } from './connection.js';
import type { Controller } from './controller.js';
import { decodeDataStream, encodeDataStream, type DataStreamDictionary } from './data-stream-format.js';
import { hapCharacteristic, hapService } from './hap-types.js';
import { decodeTlv, encodeTlv, tlvItem } from './tlv8.js';

/** A message that the accessory sent of its own accord. */
export interface DataStreamEvent {
  readonly protocol: string;
  readonly topic: string;
  readonly message: DataStreamDictionary;
  /** On `performance.now()`'s clock: when the first and the last byte of it were read. */
  readonly firstByteMs: number;
  readonly completeMs: number;
}

/** The accessory's answer to a request. */
export interface DataStreamResponse {
  /** HDS status: 0 success, 6 a reason of the protocol's own, in the message. */
  readonly status: number;
  readonly message: DataStreamDictionary;
}

/** What happens on a connection. */
export interface DataStreamListener {
  event(event: DataStreamEvent): void;
  /** Once; `error` is what broke it, where it did not simply end. */
  closed(error: Error | undefined): void;
}

interface StreamKeys {
  readonly read: Buffer;
  readonly write: Buffer;
}

interface Frame {
  readonly payload: Buffer;
  readonly firstByteMs: number;
  readonly completeMs: number;
}

const headerLength = 4;
const authTagLength = 16;

/** One HomeKit Data Stream (HDS): encrypted frames on a TCP connection of their own. */
export class DataStream {
  private readonly waiting = new Map<number, { readonly resolve: (response: DataStreamResponse) => void; readonly reject: (error: Error) => void }>();
  private lastRequest = 0;
  private written = 0n;
  private isOpen = true;
  private readonly closed: Promise<unknown>;

  private constructor(private readonly socket: Socket, private readonly keys: StreamKeys, private readonly listener: DataStreamListener) {
    const frames = new FrameReader(keys.read);
    let broken: Error | undefined;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('data', (bytes: Buffer) => {
      try {
        for (const frame of frames.add(bytes, performance.now())) {
          this.receive(frame);
        }
      } catch (error) {
        broken = error as Error;
        socket.destroy();
      }
    });
    socket.on('error', (error) => {
      broken ??= error;
    });
    socket.once('close', () => {
      this.isOpen = false;
      for (const { reject } of this.waiting.values()) {
        reject(broken ?? new Error('The accessory closed the data stream.'));
      }
      this.waiting.clear();
      listener.closed(broken);
    });
  }

  /**
   * Asks the accessory for a data stream, connects and says hello. Its keys come from the HAP connection of
   * `controller`, and it ends with that connection.
   */
  static async open(controller: Controller, listener: DataStreamListener): Promise<DataStream> {
    const ownSalt = randomBytes(32);
    const sharedSecret = await controller.sharedSecret();
    const setup = encodeTlv([1, 0], [2, 0], [3, ownSalt]).toString('base64');
    const answer = await controller.put(hapService.dataStreamTransportManagement, hapCharacteristic.setupDataStreamTransport, setup);
    const items = decodeTlv(Buffer.from(typeof answer === 'string' ? answer : '', 'base64'));
    const status = tlvItem(items, 1, 'data stream status').readUInt8();
    if (status !== 0) {
      throw new Error(`SetupDataStreamTransport was answered with status ${status}.`);
    }
    const port = tlvItem(decodeTlv(tlvItem(items, 2, 'data stream session')), 1, 'data stream port').readUInt16LE();
    const salt = Buffer.concat([ownSalt, tlvItem(items, 3, 'data stream salt')]);
    const derive = (info: string): Buffer => Buffer.from(hkdfSync('sha512', sharedSecret, salt, info, 32));

    const socket = connect({ host: controller.address.host, port, noDelay: true });
    await within(once(socket, 'connect'), 'connecting the data stream');
    const stream = new DataStream(socket, { read: derive('HDS-Read-Encryption-Key'), write: derive('HDS-Write-Encryption-Key') }, listener);
    try {
      const hello = await stream.request('control', 'hello', {});
      if (hello.status !== 0) {
        throw new Error(`The hello of the data stream was answered with status ${hello.status}.`);
      }
    } catch (error) {
      await stream.close();
      throw error;
    }
    return stream;
  }

  /** Sends a request and waits for its answer. */
  async request(protocol: string, topic: string, message: DataStreamDictionary): Promise<DataStreamResponse> {
    this.lastRequest += 1;
    const id = this.lastRequest;
    this.send({ protocol, request: topic, id }, message);
    const answered = new Promise<DataStreamResponse>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
    });
    return within(answered, `${protocol}/${topic}`);
  }

  /** Sends an event, which has no answer. */
  sendEvent(protocol: string, topic: string, message: DataStreamDictionary): void {
    this.send({ protocol, event: topic }, message);
  }

  /** Leaves what comes to the socket's buffers: the accessory's writes stall. */
  stopReading(): void {
    this.socket.pause();
  }

  resumeReading(): void {
    this.socket.resume();
  }

  /** Resolves when the listener has been told. */
  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  private send(header: DataStreamDictionary, message: DataStreamDictionary): void {
    if (!this.isOpen) {
      throw new Error('The data stream is closed.');
    }
    const headerBytes = encodeDataStream(header);
    const payload = Buffer.concat([Buffer.of(headerBytes.length), headerBytes, encodeDataStream(message)]);
    const frameHeader = Buffer.alloc(headerLength, 1);
    frameHeader.writeUIntBE(payload.length, 1, 3);
    const cipher = createCipheriv('chacha20-poly1305', this.keys.write, nonce(this.written), { authTagLength });
    this.written += 1n;
    cipher.setAAD(frameHeader, { plaintextLength: payload.length });
    this.socket.write(Buffer.concat([frameHeader, cipher.update(payload), cipher.final(), cipher.getAuthTag()]));
  }

  private receive({ payload, firstByteMs, completeMs }: Frame): void {
    const messageAt = 1 + payload.readUInt8();
    const header = decodeDataStream(payload.subarray(1, messageAt)) as DataStreamDictionary;
    const message = decodeDataStream(payload.subarray(messageAt)) as DataStreamDictionary;
    if (typeof header.event === 'string' && typeof header.protocol === 'string') {
      this.listener.event({ protocol: header.protocol, topic: header.event, message, firstByteMs, completeMs });
    } else if (header.response !== undefined) {
      const id = Number(header.id);
      this.waiting.get(id)?.resolve({ status: Number(header.status), message });
      this.waiting.delete(id);
    }
  }
}

/** Cuts what is read into frames and decrypts them. */
class FrameReader {
  private rest: Buffer = Buffer.alloc(0);
  private restSinceMs = 0;
  private read = 0n;

  constructor(private readonly key: Buffer) {}

  *add(bytes: Buffer, nowMs: number): Generator<Frame> {
    let firstByteMs = this.rest.length > 0 ? this.restSinceMs : nowMs;
    this.rest = Buffer.concat([this.rest, bytes]);
    for (;;) {
      const length = this.rest.length < headerLength ? Infinity : this.rest.readUIntBE(1, 3);
      const end = headerLength + length + authTagLength;
      if (this.rest.length < end) {
        break;
      }
      const frame = this.rest.subarray(0, end);
      this.rest = this.rest.subarray(end);
      yield { payload: this.decrypt(frame), firstByteMs, completeMs: nowMs };
      firstByteMs = nowMs;
    }
    this.restSinceMs = firstByteMs;
  }

  private decrypt(frame: Buffer): Buffer {
    if (frame[0] !== 1) {
      throw new Error(`The accessory sent a data stream frame of the unknown type ${String(frame[0])}.`);
    }
    const decipher = createDecipheriv('chacha20-poly1305', this.key, nonce(this.read), { authTagLength });
    this.read += 1n;
    const ciphertext = frame.subarray(headerLength, -authTagLength);
    decipher.setAAD(frame.subarray(0, headerLength), { plaintextLength: ciphertext.length });
    decipher.setAuthTag(frame.subarray(-authTagLength));
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  }
}

/** Four zero bytes, then the number of the frame. */
function nonce(counter: bigint): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64LE(counter, 4);
  return bytes;
}
