import { spawn, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { OutputSocket } from './output-socket.js';
import { redact } from '../redact.js';

/** After being asked, FFmpeg has this long to end by itself. */
const graceMs = 3_000;
/** Of what FFmpeg says, the newest lines are kept, at most so many characters. */
const stderrTailChars = 4_096;

/** `encoder` and the like run at lower priority, so that packets, HomeKit and the rest of the house come first. */
export type FfmpegRole = 'ingest' | 'still' | 'transcode' | 'probe';

const niceness: Record<FfmpegRole, number> = { ingest: 0, still: 0, transcode: 10, probe: 10 };

export interface FfmpegOptions {
  readonly path: string;
  /** Never a shell line: one element an argument. */
  readonly args: readonly string[];
  readonly role: FfmpegRole;
  /** Takes the place of the pipe from its standard output. */
  readonly output?: OutputSocket | undefined;
  /** Told each line that FFmpeg prints, without credentials. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** How a run ended. */
export interface FfmpegEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The newest lines that FFmpeg printed, without credentials. */
  readonly said: string;
  /** True where we asked for the end. */
  readonly asked: boolean;
}

const running = new Set<ChildProcess>();

// Whatever ends this process in an orderly way ends them too; after a SIGKILL they end with their pipe.
process.on('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
});

/** How many FFmpegs this process runs now. */
export function runningFfmpegs(): number {
  return running.size;
}

/** One FFmpeg with an owner. It ends when it is stopped, when its pipes close, and with this process. */
export class FfmpegProcess implements AsyncDisposable {
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<FfmpegEnd>;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  #said = '';
  #asked = false;

  constructor({ path, args, role, output, onLine }: FfmpegOptions) {
    const child = spawn(path, args, { stdio: ['pipe', output?.theirs ?? 'pipe', 'pipe'], windowsHide: true });
    output?.theirs.destroy();
    this.#child = child;
    this.pid = child.pid;
    const { stdin, stderr } = child;
    const stdout = output?.ours ?? child.stdout;
    if (!stdin || !stdout || !stderr) {
      throw new TypeError('a child was started without its pipes');
    }
    this.stdin = stdin;
    this.stdout = stdout;
    running.add(child);
    lowerPriority(child.pid, niceness[role]);
    // Broken pipes are normal when either side ends; the end itself is what counts.
    stdin.on('error', () => undefined);
    stdout.on('error', () => undefined);
    stderr.setEncoding('utf8');
    stderr.on('error', () => undefined);
    let rest = '';
    stderr.on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n|\r/);
      rest = (lines.pop() ?? '').slice(-stderrTailChars);
      for (const line of lines.filter((each) => each.trim() !== '')) {
        this.#note(redact(line), onLine);
      }
    });
    this.ended = new Promise((resolve) => {
      let failure: string | undefined;
      const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
        running.delete(child);
        this.#note(redact(failure ?? rest), undefined);
        resolve({ code, signal, said: this.#said.trim(), asked: this.#asked });
      };
      child.on('error', (error) => {
        failure = error.message;
        if (child.pid === undefined) {
          finish(null, null);
        }
      });
      child.on('close', finish);
    });
  }

  /** Asks FFmpeg to end, insists after three seconds, and resolves when it is gone. */
  async stop(): Promise<FfmpegEnd> {
    if (!this.#asked) {
      this.#asked = true;
      this.stdin.end();
      this.stdout.destroy();
      this.#child.kill('SIGTERM');
    }
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(insist);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #note(line: string, onLine: ((line: string) => void) | undefined): void {
    if (this.#asked || line === '') {
      return; // Complaints about the end that we asked for.
    }
    this.#said = `${this.#said}${line}\n`.slice(-stderrTailChars);
    onLine?.(line);
  }
}

function lowerPriority(pid: number | undefined, nice: number): void {
  if (pid === undefined || nice === 0) {
    return;
  }
  try {
    setPriority(pid, Math.min(nice, constants.priority.PRIORITY_LOW));
  } catch {
    // Not allowed here, or already gone: it runs all the same.
  }
}
