import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A UDP port on loopback that swallows everything, in a process of its own, so that receiving does not count as sending. */
export interface UdpSink extends AsyncDisposable {
  readonly port: number;
  /** Datagrams so far. */
  received(): Promise<number>;
}

export async function stageUdpSink(): Promise<UdpSink> {
  const script = fileURLToPath(new URL('./udp-sink-process.js', import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextNumber = async (): Promise<number> => {
    const line = await lines.next();
    if (line.done) {
      throw new Error('The UDP sink has ended.');
    }
    return Number(line.value);
  };
  const port = await nextNumber();
  return {
    port,
    received: () => {
      child.stdin.write('count\n');
      return nextNumber();
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}
