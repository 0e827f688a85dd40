import { spawn, type ChildProcess } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { OutputSocket } from './output-socket.js';
import { redact } from '../redact.js';
import { setFfmpegPriority, type FfmpegRole } from './priority.js';
import { countFfmpeg, type FfmpegOwner } from './running-ffmpegs.js';

/** After being asked, FFmpeg has this long to end by itself. */
const graceMs = 3_000;
/** Of what FFmpeg says, the newest lines are kept, at most so many characters. */
const stderrTailChars = 4_096;

export interface FfmpegOptions {
  readonly path: string;
  /** Never a shell line: one element an argument. */
  readonly args: readonly string[];
  readonly role: FfmpegRole;
  /** Takes the place of the pipe from its standard output. */
  readonly output?: OutputSocket | undefined;
  /** A second way out of it, which it writes to as `pipe:3`: a pipe, or what takes the place of one. */
  readonly secondOutput?: 'pipe' | OutputSocket | undefined;
  /** Undefined for one that works for all cameras. */
  readonly owner?: FfmpegOwner | undefined;
  /** Told each line that it prints, besides the owner. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** What of its arguments is never told, besides what is known by its looks: see `secretsOf`. None is empty. */
  readonly secrets?: readonly string[] | undefined;
  /** The name of the preset of the graphics hardware that it uses. */
  readonly hardware?: string | undefined;
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
  readonly #secrets: readonly string[];
  #said = '';
  #asked = false;

  constructor(options: FfmpegOptions) {
    const { role, output, secondOutput, owner, onLine, secrets = [] } = options;
    const sockets = [output, secondOutput].filter((each) => typeof each === 'object');
    const started = start(options);
    const { child } = started;
    sockets.forEach(({ theirs }) => theirs.destroy());
    this.#child = child;
    this.#secrets = secrets;
    this.pid = child?.pid;
    this.stdin = child?.stdin ?? closedPipe();
    this.stdout = output?.ours ?? child?.stdout ?? closedPipe();
    this.second = typeof secondOutput === 'object' ? secondOutput.ours : ((child?.stdio[3] as Readable | null | undefined) ?? closedPipe());
    // Broken pipes are normal when either side ends; the end itself is what counts.
    this.stdin.on('error', () => undefined);
    this.stdout.on('error', () => undefined);
    this.second.on('error', () => undefined);
    setFfmpegPriority(this.pid, role);
    const tell = (line: string): void => {
      owner?.onLine?.(line);
      onLine?.(line);
    };
    const rest = child?.stderr ? this.#listen(child.stderr, tell) : () => '';
    this.ended = started.ended.then(({ failure, ...how }) => {
      sockets.forEach(({ ours }) => ours.destroy());
      this.#note(failure ?? rest(), undefined);
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
        this.#note(line, onLine);
      }
    });
    return () => rest;
  }

  /** @param raw As FFmpeg printed it. */
  #note(raw: string, onLine: ((line: string) => void) | undefined): void {
    if (this.#asked || raw === '') {
      return; // Complaints about the end that we asked for.
    }
    const line = redact(raw, this.#secrets);
    this.#said = `${this.#said}${line}\n`.slice(-stderrTailChars);
    onLine?.(line);
  }
}

interface Started {
  readonly child: ChildProcess | undefined;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly failure?: string }>;
}

/** Some failures are thrown by `spawn` (no memory, a path through a file), some are told later (no such file, no descriptors left). */
function start({ path, args, role, owner, hardware, output, secondOutput }: FfmpegOptions): Started {
  let child: ChildProcess;
  try {
    child = spawn(path, args, { stdio: ['pipe', output?.theirs ?? 'pipe', 'pipe', ...(secondOutput === undefined ? [] : [typeof secondOutput === 'object' ? secondOutput.theirs : secondOutput])], windowsHide: true });
  } catch (error) {
    return { child: undefined, ended: Promise.resolve({ code: null, signal: null, failure: error instanceof Error ? error.message : String(error) }) };
  }
  const ended: Started['ended'] = new Promise((resolve) => {
    const counted = countFfmpeg(child, { role, owner, hardware });
    child.on('error', ({ message }) => {
      if (child.pid === undefined) {
        counted[Symbol.dispose]();
        resolve({ code: null, signal: null, failure: message });
      }
    });
    child.on('close', (code, signal) => {
      counted[Symbol.dispose]();
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
