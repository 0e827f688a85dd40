import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** A local socket's path may be no longer, in bytes (104 on macOS, 108 on Linux). */
const longestPath = 100;
const connectWithinMs = 2_000;
/** Larger than what lies in a local socket at most, so that one call takes all of it. */
const bufferBytes = 256 * 1024;

/**
 * A child's standard output that is read into memory of ours. Node's own pipes allocate 64 KiB for each read
 * and run the whole stream machinery: three quarters of what an idle camera cost this process (docs/measurements.md).
 */
export interface OutputSocket {
  /** For the child. To be destroyed here once the child has it. */
  readonly theirs: Socket;
  /** What the child writes ends up in `onBytes`; `pause` and `resume` stop and start that. */
  readonly ours: Socket;
}

/** Memory that what is read goes into, shared memory too: nothing is copied on the way. Neither may throw: Node has nobody to tell. */
export interface OutputSink {
  /** Where the next bytes go: never empty. Asked before the first read and right after each `filled`, also where that paused reading. */
  target(): Uint8Array;
  /** So many bytes were put into the newest target. False pauses reading until `ours.resume()`. */
  filled(bytes: number): boolean;
}

/**
 * @param folder where the socket may lie for the moment of connecting; only this user can enter what is made in it.
 * @param sink takes what is read; or a function that is told what was read, valid only during the call, and pauses with false as well.
 * @returns undefined where the system cannot give such a socket to a child (Windows), or has none left: a pipe serves as well.
 */
export async function openOutputSocket(folder: string, sink: OutputSink | ((bytes: Buffer) => boolean)): Promise<OutputSocket | undefined> {
  if (process.platform === 'win32') {
    return undefined;
  }
  try {
    return await connectPair(folder, typeof sink === 'function' ? intoOneBuffer(sink) : sink);
  } catch {
    return undefined;
  }
}

function intoOneBuffer(onBytes: (bytes: Buffer) => boolean): OutputSink {
  const buffer = Buffer.alloc(bufferBytes);
  return { target: () => buffer, filled: (bytes) => onBytes(buffer.subarray(0, bytes)) };
}

async function connectPair(parent: string, sink: OutputSink): Promise<OutputSocket> {
  await mkdir(parent, { recursive: true });
  // A folder of its own, which only this user can enter: nobody else can connect.
  const folder = await mkdtemp(join(parent, 's-'));
  const server = createServer({ pauseOnConnect: true });
  try {
    const path = join(folder, 's');
    if (Buffer.byteLength(path) > longestPath) {
      throw new RangeError('the path is too long for a socket');
    }
    const listening = once(server, 'listening');
    server.listen(path);
    await listening;
    // Out of descriptors, the system takes the connection and says nothing.
    const limit = AbortSignal.timeout(connectWithinMs);
    const accepted = once(server, 'connection', { signal: limit }) as Promise<[Socket]>;
    accepted.catch(() => undefined);
    const ours = connect({ path, onread: { buffer: () => sink.target(), callback: (bytes) => sink.filled(bytes) } });
    // The end of the child shows as the end of its output; how it ended is told by its exit.
    ours.on('error', () => undefined);
    try {
      const [[theirs]] = await Promise.all([accepted, once(ours, 'connect', { signal: limit })]);
      return { theirs, ours };
    } catch (error) {
      ours.destroy();
      throw error;
    }
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
