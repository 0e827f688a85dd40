import { execFile } from 'node:child_process';
import type { GpuSample } from './gpu-usage.js';

/** The driver is asked at most this often: the program starts and opens every card each time. */
const intervalMs = 30_000;
const timeLimitMs = 5_000;
/** After so many failures in a row it is left alone. */
const mostFailures = 3;

type Field = keyof Omit<GpuSample, 'label'>;

interface NvidiaField {
  readonly name: string;
  readonly field: Field;
  /** In what its number is. */
  readonly unit: number;
}

const busy: NvidiaField = { name: 'utilization.gpu', field: 'busyPercent', unit: 1 };
const memory: NvidiaField = { name: 'memory.used', field: 'memoryBytes', unit: 1_048_576 };

/** What is asked for, the most first: a driver that does not know one of the names refuses the question. */
export const nvidiaQuestions: readonly (readonly NvidiaField[])[] = [
  [busy, memory, { name: 'utilization.decoder', field: 'decoderPercent', unit: 1 }, { name: 'utilization.encoder', field: 'encoderPercent', unit: 1 }],
  [busy, memory],
];

/** One line a card: the numbers in the order of the question, then the card's name. "[N/A]" and the like are left out. Pure. */
export function parseNvidiaSmi(output: string, question: readonly NvidiaField[]): readonly GpuSample[] {
  return output.split('\n').flatMap((line) => {
    const values = line.split(',').map((value) => value.trim());
    const label = values.slice(question.length).join(', ');
    const told = question.flatMap(({ field, unit }, index) => (/^\d+$/.test(values[index] ?? '') ? [[field, Number(values[index]) * unit] as const] : []));
    return label === '' ? [] : [{ label, ...Object.fromEntries(told) }];
  });
}

/** NVIDIA's own tool, in the background: nobody waits for it. */
export class NvidiaSmi implements Disposable {
  readonly #path: string;
  readonly #end = new AbortController();
  #latest: readonly GpuSample[] = [];
  #question = 0;
  #failures = 0;
  #askedMs = -Infinity;
  #running = false;

  constructor(path = 'nvidia-smi') {
    this.#path = path;
  }

  /** The figures of the last answer; asks anew where that is old. `nowMs` on the process clock. */
  sample(nowMs: number): readonly GpuSample[] {
    const question = nvidiaQuestions[this.#question];
    if (question && !this.#running && this.#failures < mostFailures && nowMs - this.#askedMs >= intervalMs && !this.#end.signal.aborted) {
      this.#askedMs = nowMs;
      this.#ask(question);
    }
    return this.#latest;
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }

  #ask(question: readonly NvidiaField[]): void {
    this.#running = true;
    const args = [`--query-gpu=${[...question.map(({ name }) => name), 'name'].join(',')}`, '--format=csv,noheader,nounits'];
    execFile(this.#path, args, { timeout: timeLimitMs, killSignal: 'SIGKILL', windowsHide: true, signal: this.#end.signal }, (error, stdout) => {
      this.#running = false;
      if (!error) {
        this.#failures = 0;
        this.#latest = parseNvidiaSmi(stdout, question);
      } else if (/not a valid field/i.test(stdout) && this.#question < nvidiaQuestions.length - 1) {
        this.#question += 1;
        this.#askedMs = -Infinity;
      } else {
        this.#failures += 1;
        this.#latest = [];
      }
    });
  }
}
