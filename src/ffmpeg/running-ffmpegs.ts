import type { ChildProcess } from 'node:child_process';
import type { FfmpegRole } from './priority.js';

/** Whose an FFmpeg is. */
export interface FfmpegOwner {
  /** As the camera is called at home. */
  readonly camera: string;
  /** Which of its streams, where it is about one. */
  readonly stream?: 'main' | 'sub' | undefined;
  /** Told each line that FFmpeg prints, without credentials. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** An FFmpeg of this process. */
export interface RunningFfmpeg {
  readonly pid: number;
  readonly role: FfmpegRole;
  /** Undefined for one that works for all cameras. */
  readonly owner: FfmpegOwner | undefined;
  /** The graphics hardware that it uses, by the name of its preset; undefined where the processor does its work. */
  readonly hardware: string | undefined;
}

const running = new Map<ChildProcess, Omit<RunningFfmpeg, 'pid'>>();

// Whatever ends this process in an orderly way ends them too; after a SIGKILL they end with their pipe.
process.on('exit', () => {
  for (const child of running.keys()) {
    child.kill('SIGKILL');
  }
});

/** The FFmpegs that this process runs now. */
export function runningFfmpegs(): readonly RunningFfmpeg[] {
  return [...running].flatMap(([{ pid }, what]) => (pid === undefined ? [] : [{ ...what, pid }]));
}

/** @internal Counts one from now on, until the result is disposed. */
export function countFfmpeg(child: ChildProcess, what: Omit<RunningFfmpeg, 'pid'>): Disposable {
  running.set(child, what);
  return { [Symbol.dispose]: () => running.delete(child) };
}
