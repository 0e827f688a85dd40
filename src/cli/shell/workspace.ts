import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemError } from '../../kept-file.js';
import { Problem } from '../../problems.js';

/** A folder of the system's temporary ones, which goes with what is in it when it is disposed. */
export class Workspace implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  /** @throws Problem where none can be made. */
  static async open(): Promise<Workspace> {
    try {
      return new Workspace(await mkdtemp(join(tmpdir(), 'camera-hub-')));
    } catch (error) {
      const { code, message } = systemError(error);
      throw new Problem('temporary-folder-unusable', `${tmpdir()}: ${code ?? message}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
