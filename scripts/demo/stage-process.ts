import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process ended. */
export interface StageEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const askAgainMs = 50;

/**
 * A Node process of the demo, with a session of its own: Ctrl-C in the terminal reaches the demo alone, which then
 * ends the others in order, and what a process leaves behind is found by its group.
 */
export class StageProcess<Child extends ChildProcess = ChildProcess> {
  readonly pid: number;
  readonly exited: Promise<StageEnd>;
  /** Set from `exited` on. */
  ended = false;

  /** `args` begin with the script; `stdio` decides what `Child` is. */
  static start<Child extends ChildProcess>(what: string, args: readonly string[], stdio: SpawnOptions['stdio']): StageProcess<Child> {
    const child = spawn(process.execPath, args, { detached: true, windowsHide: true, stdio });
    return new StageProcess(what, child as Child);
  }

  private constructor(what: string, readonly child: Child) {
    if (child.pid === undefined) {
      throw new Error(`${what} could not be started.`);
    }
    this.pid = child.pid;
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.ended = true;
        resolve({ code, signal });
      });
    });
  }

  /** Sends a signal to it and to all that it started. */
  signalGroup(signal: NodeJS.Signals): void {
    signalGroup(this.pid, signal);
  }

  /** Waits for the end that was asked for, then for what it started; kills what is not gone in time. */
  async gone({ itselfMs, othersMs }: { readonly itselfMs: number; readonly othersMs: number }): Promise<void> {
    const late = setTimeout(() => this.child.kill('SIGKILL'), itselfMs);
    await this.exited;
    clearTimeout(late);
    for (let waitedMs = 0; waitedMs < othersMs && groupLives(this.pid); waitedMs += askAgainMs) {
      await sleep(askAgainMs);
    }
    signalGroup(this.pid, 'SIGKILL');
  }
}

/** A process group by its leader. Windows has none: there, the leader alone. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    return false; // Nobody is left in it.
  }
}

function groupLives(pid: number): boolean {
  return process.platform !== 'win32' && signalGroup(pid, 0);
}
