import { performance } from 'node:perf_hooks';
import type { Controller } from './controller.js';
import { DataStream, type DataStreamEvent } from './data-stream.js';
import { PacketAssembler, type ReceivedPacket } from './recording-packets.js';

/** HDS reasons: how a recording is refused or closed. */
export const hdsReason = {
  normal: 0, notAllowed: 1, busy: 2, cancelled: 3, unsupported: 4,
  unexpectedFailure: 5, timeout: 6, badData: 7, protocolError: 8, invalidConfiguration: 9,
} as const;

/** How a recording ended: with its last packet, closed by the accessory, or with the data stream itself. */
export type RecordingEnd = { readonly by: 'endOfStream' } | { readonly by: 'close'; readonly reason: number } | { readonly by: 'connection' };

/** How to ask for a recording. */
export interface RecordingOptions {
  /** The hub's number of the recording; one more each time unless told. */
  readonly streamId?: number;
}

interface Waiter {
  readonly satisfied: () => boolean;
  readonly settle: (error?: Error) => void;
}

let lastStreamId = 0;

/** Connects a data stream on a HAP connection of its own and asks for a recording; a refusal is in the receiver's `status`. */
export async function openRecording(controller: Controller, options: RecordingOptions = {}): Promise<RecordingReceiver> {
  lastStreamId += 1;
  const receiver = new RecordingReceiver(await controller.fork(), options.streamId ?? lastStreamId);
  try {
    return await receiver.begin();
  } catch (error) {
    await receiver[Symbol.asyncDispose]();
    throw error;
  }
}

/** A recording as a home hub receives it. Once the accessory has broken the protocol, everything that waits throws that. */
export class RecordingReceiver implements AsyncDisposable {
  /** The answer to the open request: 0 success, else why it was refused (see `hdsReason`). */
  status = -1;
  /** When the open request was sent, on `performance.now()`'s clock. */
  openedMs = 0;
  /** When it was answered. */
  answeredMs = 0;
  /** All complete packets so far. */
  readonly packets: ReceivedPacket[] = [];
  /** Ends so far, in order: the last packet may be followed by a close, and that by the end of the connection. */
  readonly ends: RecordingEnd[] = [];
  private readonly assembler: PacketAssembler;
  private readonly waiters = new Set<Waiter>();
  private broken: Error | undefined;
  private stream: DataStream | undefined;

  constructor(private readonly connection: Controller, readonly streamId: number) {
    this.assembler = new PacketAssembler(streamId);
  }

  /** Connects and asks; `openRecording` has done it. */
  async begin(): Promise<this> {
    this.stream = await DataStream.open(this.connection, {
      event: (event) => this.receive(event),
      closed: (error) => {
        this.broken ??= error;
        this.ends.push({ by: 'connection' });
        this.look();
      },
    });
    this.openedMs = performance.now();
    const request = { target: 'controller', type: 'ipcamera.recording', reason: 'record', streamId: this.streamId };
    const { status, message } = await this.stream.request('dataSend', 'open', request);
    this.answeredMs = performance.now();
    this.status = status === 0 ? 0 : Number(message.status);
    return this;
  }

  /** The first packet. Throws when it did not come within `timeoutMs`. */
  async initialization(timeoutMs: number): Promise<ReceivedPacket> {
    await this.waitUntil(() => this.packets.length > 0, timeoutMs, 'the initialization');
    return this.packets[0] ?? fail('The recording has no initialization.');
  }

  /** The first `count` fragments. Throws when they did not come within `timeoutMs`. */
  async fragments(count: number, timeoutMs: number): Promise<readonly ReceivedPacket[]> {
    await this.waitUntil(() => this.packets.length > count, timeoutMs, `${count} fragments`);
    return this.packets.slice(1, 1 + count);
  }

  /** How the recording ended, at first. Throws when it did not within `timeoutMs`. Our own `close` is no end: it is not answered. */
  async ended(timeoutMs: number): Promise<RecordingEnd> {
    await this.waitUntil(() => this.ends.length > 0, timeoutMs, 'the end');
    return this.ends[0] ?? fail('The recording has no end.');
  }

  /** The data stream itself has ended. Throws when it did not within `timeoutMs`. */
  async disconnected(timeoutMs: number): Promise<void> {
    await this.waitUntil(() => this.ends.some(({ by }) => by === 'connection'), timeoutMs, 'the end of the data stream');
  }

  /** The whole clip so far: initialization and fragments. */
  clip(): Buffer {
    return Buffer.concat(this.packets.map(({ data }) => data));
  }

  /** Says that the recording was received to its end, as a hub does after the last packet. */
  acknowledge(): void {
    this.stream?.sendEvent('dataSend', 'ack', { streamId: this.streamId, endOfStream: true });
  }

  /** Ends the recording early, as a hub does that has seen enough; the data stream stays. */
  close(reason: number = hdsReason.normal): void {
    this.stream?.sendEvent('dataSend', 'close', { streamId: this.streamId, reason });
  }

  /** Leaves what comes to the socket's buffers. */
  stopReading(): void {
    this.stream?.stopReading();
  }

  resumeReading(): void {
    this.stream?.resumeReading();
  }

  /** Closes the data stream and its HAP connection without a word, as a hub that lost power. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream?.close();
    await this.connection.close();
  }

  private receive({ protocol, topic, message, firstByteMs, completeMs }: DataStreamEvent): void {
    if (protocol !== 'dataSend') {
      throw new Error(`The accessory sent ${protocol}/${topic} on a recording's data stream.`);
    }
    if (topic === 'close') {
      this.ends.push({ by: 'close', reason: Number(message.reason) });
    } else if (topic === 'data') {
      const packet = this.assembler.add(message, firstByteMs, completeMs);
      if (packet) {
        this.packets.push(packet);
      }
      if (packet?.isLast) {
        this.ends.push({ by: 'endOfStream' });
      }
    }
    this.look();
  }

  private look(): void {
    for (const waiter of this.waiters) {
      if (waiter.satisfied()) {
        waiter.settle();
      } else if (this.isOver()) {
        waiter.settle(this.whyNeverMore());
      }
    }
  }

  private async waitUntil(satisfied: () => boolean, timeoutMs: number, what: string): Promise<void> {
    if (this.broken) {
      throw this.broken;
    }
    if (satisfied()) {
      return;
    }
    if (this.isOver()) {
      throw new Error(`${what} of the recording did not come: ${this.state()}.`, { cause: this.whyNeverMore() });
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        if (error) {
          reject(error);
        } else {
          resolve();
        }
      };
      const waiter: Waiter = { satisfied, settle };
      const timer = setTimeout(() => settle(new Error(`${what} of the recording did not come within ${timeoutMs} ms: ${this.state()}.`)), timeoutMs);
      this.waiters.add(waiter);
    });
  }

  /** Nothing can come any more. */
  private isOver(): boolean {
    return this.ends.some(({ by }) => by === 'connection');
  }

  private whyNeverMore(): Error {
    return this.broken ?? new Error(`The data stream of the recording ended: ${this.state()}.`);
  }

  private state(): string {
    return `status ${this.status}, ${this.packets.length} packets, ${this.ends.map((end) => JSON.stringify(end)).join(', ') || 'not ended'}`;
  }
}

function fail(message: string): never {
  throw new Error(message);
}
