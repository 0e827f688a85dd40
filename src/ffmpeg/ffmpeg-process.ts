import { spawn, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { OutputSocket } from './output-socket.js';
import { redact } from '../redact.js';

/** After being asked, FFmpeg has this long to end by itself. */
const graceMs = 3_000;
/** Of what FFmpeg says, the newest lines are kept, at most so many characters. */
const stderrTailChars = 4_096;

/** `encoder` and the like run at lower priority, so that packets, HomeKit and the rest of the house come first. */
export type FfmpegRole = 'ingest' | 'still' | 'decode' | 'encode' | 'transcode' | 'sound' | 'probe';

const niceness: Record<FfmpegRole, number> = { ingest: 0, still: 0, decode: 10, encode: 10, transcode: 10, sound: 0, probe: 10 };

export interface FfmpegOptions {
  readonly path: string;
  /** Never a shell line: one element an argument. */
  readonly args: readonly string[];
  readonly role: FfmpegRole;
  /** Takes the place of the pipe from its standard output. */
  readonly output?: OutputSocket | undefined;
  /** A second pipe out of it, which it writes to as `pipe:3`. */
  readonly secondOutput?: boolean | undefined;
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

/**
 * One FFmpeg with an owner. It ends when it is stopped, when its pipes close, and with this process. Never throws: one that
 * cannot be started has ended, and `ended` says why.
 */
export class FfmpegProcess implements AsyncDisposable {
  /** Resolves when the process is gone; never rejects. */
  readonly ended: Promise<FfmpegEnd>;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** What it writes to `pipe:3`, where that was asked for. */
  readonly second: Readable;
  readonly pid: number | undefined;
  readonly #child: ChildProcess | undefined;
  #said = '';
  #asked = false;

  constructor(options: FfmpegOptions) {
    const { role, output, onLine } = options;
    const started = start(options);
    const { child } = started;
    output?.theirs.destroy();
    this.#child = child;
    this.pid = child?.pid;
    this.stdin = child?.stdin ?? closedPipe();
    this.stdout = output?.ours ?? child?.stdout ?? closedPipe();
    this.second = (child?.stdio[3] as Readable | null | undefined) ?? closedPipe();
    // Broken pipes are normal when either side ends; the end itself is what counts.
    this.stdin.on('error', () => undefined);
    this.stdout.on('error', () => undefined);
    this.second.on('error', () => undefined);
    lowerPriority(this.pid, niceness[role]);
    const rest = child?.stderr ? this.#listen(child.stderr, onLine) : () => '';
    this.ended = started.ended.then(({ failure, ...how }) => {
      output?.ours.destroy();
      this.#note(redact(failure ?? rest()), undefined);
      return { ...how, said: this.#said.trim(), asked: this.#asked };
    });
  }

  /** Asks FFmpeg to end, insists after three seconds, and resolves when it is gone. */
  async stop(): Promise<FfmpegEnd> {
    if (!this.#asked) {
      this.#asked = true;
      this.stdin.end();
      this.stdout.destroy();
      this.second.destroy();
      this.#child?.kill('SIGTERM');
    }
    const insist = setTimeout(() => this.#child?.kill('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(insist);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Passes on each whole line; the returned function gives what came after the last one. */
  #listen(stderr: Readable, onLine: ((line: string) => void) | undefined): () => string {
    let rest = '';
    stderr.setEncoding('utf8');
    stderr.on('error', () => undefined);
    stderr.on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n|\r/);
      rest = (lines.pop() ?? '').slice(-stderrTailChars);
      for (const line of lines.filter((each) => each.trim() !== '')) {
        this.#note(redact(line), onLine);
      }
    });
    return () => rest;
  }

  #note(line: string, onLine: ((line: string) => void) | undefined): void {
    if (this.#asked || line === '') {
      return; // Complaints about the end that we asked for.
    }
    this.#said = `${this.#said}${line}\n`.slice(-stderrTailChars);
    onLine?.(line);
  }
}

interface Started {
  readonly child: ChildProcess | undefined;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly failure?: string }>;
}

/** Some failures are thrown by `spawn` (no memory, a path through a file), some are told later (no such file, no descriptors left). */
function start({ path, args, output, secondOutput }: FfmpegOptions): Started {
  let child: ChildProcess;
  try {
    child = spawn(path, args, { stdio: ['pipe', output?.theirs ?? 'pipe', 'pipe', ...(secondOutput ? (['pipe'] as const) : [])], windowsHide: true });
  } catch (error) {
    return { child: undefined, ended: Promise.resolve({ code: null, signal: null, failure: error instanceof Error ? error.message : String(error) }) };
  }
  const ended: Started['ended'] = new Promise((resolve) => {
    running.add(child);
    child.on('error', ({ message }) => {
      if (child.pid === undefined) {
        running.delete(child);
        resolve({ code: null, signal: null, failure: message });
      }
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return { child, ended };
}

/** In place of a pipe of a process that never was: nothing comes out, what goes in is lost. */
function closedPipe(): PassThrough {
  const pipe = new PassThrough();
  pipe.destroy();
  return pipe;
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
