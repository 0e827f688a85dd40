import type { DataStreamDictionary, DataStreamValue } from './data-stream-format.js';

/** One packet of a recording, its chunks joined. Times are on `performance.now()`'s clock. */
export interface ReceivedPacket {
  readonly kind: 'mediaInitialization' | 'mediaFragment';
  readonly data: Buffer;
  /** When the first byte of its first chunk, and the last one of its last chunk, were read. */
  readonly firstByteMs: number;
  readonly completeMs: number;
  /** The accessory marked the end of the recording with it. */
  readonly isLast: boolean;
}

interface OpenPacket {
  readonly kind: ReceivedPacket['kind'];
  readonly total: number;
  readonly firstByteMs: number;
  readonly chunks: Buffer[];
}

/** Puts the chunks of a recording's packets together, and checks their numbers and sizes. Pure. */
export class PacketAssembler {
  private done = 0;
  private open: OpenPacket | undefined;

  constructor(private readonly streamId: number) {}

  /** Takes a `dataSend/data` event; gives the packet that it completes. Throws where the accessory breaks the protocol. */
  add(message: DataStreamDictionary, firstByteMs: number, completeMs: number): ReceivedPacket | undefined {
    expectEqual('stream id', message.streamId, this.streamId);
    const packets = message.packets as readonly DataStreamDictionary[];
    expectEqual('number of packets in one event', packets.length, 1);
    const { data, metadata } = packets[0] as { data?: DataStreamValue; metadata?: DataStreamDictionary };
    if (!Buffer.isBuffer(data) || !metadata) {
      throw new Error('A recording event of the accessory has no data or no metadata.');
    }
    expectEqual('dataSequenceNumber', metadata.dataSequenceNumber, this.done + 1);
    expectEqual('dataChunkSequenceNumber', metadata.dataChunkSequenceNumber, (this.open?.chunks.length ?? 0) + 1);
    this.open ??= this.begin(metadata, firstByteMs);
    this.open.chunks.push(data);
    if (metadata.isLastDataChunk !== true) {
      expectEqual('endOfStream before the last chunk', message.endOfStream ?? false, false);
      return undefined;
    }
    const packet = { kind: this.open.kind, data: Buffer.concat(this.open.chunks), firstByteMs: this.open.firstByteMs, completeMs, isLast: message.endOfStream === true };
    expectEqual('size of the chunks together', packet.data.length, this.open.total);
    this.open = undefined;
    this.done += 1;
    return packet;
  }

  private begin(metadata: DataStreamDictionary, firstByteMs: number): OpenPacket {
    const kind = this.done === 0 ? 'mediaInitialization' : 'mediaFragment';
    expectEqual('dataType', metadata.dataType, kind);
    if (typeof metadata.dataTotalSize !== 'number') {
      throw new Error('The first chunk of a recording packet has no dataTotalSize.');
    }
    return { kind, total: metadata.dataTotalSize, firstByteMs, chunks: [] };
  }
}

function expectEqual(what: string, got: DataStreamValue | undefined, expected: DataStreamValue): void {
  if (got !== expected) {
    throw new Error(`The accessory sent a recording with a wrong ${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(expected)}.`);
  }
}
