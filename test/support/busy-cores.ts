import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, constants, setPriority } from 'node:os';

/** Processes that burn all cores, one each; they stand back behind everything else, so that they show as load and slow nobody down. */
export class BusyCores implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];

  constructor(cores = availableParallelism()) {
    this.#children = Array.from({ length: cores }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    for (const { pid } of this.#children) {
      if (pid !== undefined) {
        setPriority(pid, constants.priority.PRIORITY_LOW);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const gone = once(child, 'exit');
        child.kill('SIGKILL');
        await gone;
      }),
    );
  }
}
