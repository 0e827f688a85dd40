/** A thread that looks for motion in the pictures of several cameras, one after the other. */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { openSharedFrame, type SharedFrame } from '../pipeline/shared-frame.js';
import { MotionDetector } from './detector.js';
import type { WorkerAnswer, WorkerOrder } from './worker-messages.js';

/** Behind live views and recordings. */
const nice = 10;

const detectors = new Map<number, MotionDetector>();

parentPort?.on('message', (order: WorkerOrder) => {
  switch (order.kind) {
    case 'watch':
      detectors.set(order.watch, new MotionDetector(order.settings));
      break;
    case 'forget':
      detectors.delete(order.watch);
      break;
    case 'look':
      parentPort?.postMessage(look(order.watch, order.frame));
  }
});

function look(watch: number, shared: SharedFrame): WorkerAnswer {
  const fromMs = startsMs();
  const { number } = shared;
  try {
    using frame = openSharedFrame(shared);
    const verdict = detectors.get(watch)?.look(frame);
    return { watch, number, ...(verdict && { verdict }), cpuMs: endsMs() - fromMs };
  } catch (error) {
    return { watch, number, refused: error instanceof Error ? error.message : String(error), cpuMs: endsMs() - fromMs };
  }
}

let countedMs = 0;

/** Since Node 23.9 a thread's own time can be asked for; before, the time for which it was looking has to do. */
function threadCpuMs(): number | undefined {
  const ask = (process as { threadCpuUsage?: typeof process.threadCpuUsage }).threadCpuUsage;
  if (!ask) {
    return undefined;
  }
  const { user, system } = ask.call(process);
  return (user + system) / 1000;
}

function startsMs(): number {
  return threadCpuMs() === undefined ? performance.now() : countedMs;
}

function endsMs(): number {
  countedMs = threadCpuMs() ?? performance.now();
  return countedMs;
}

// On Linux priorities are those of threads; elsewhere it would be that of the whole process.
if (process.platform === 'linux' && getPriority() < nice) {
  try {
    setPriority(nice);
  } catch {
    // Some containers forbid it; motion is found all the same.
  }
}
countedMs = threadCpuMs() ?? 0;
