import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder with a /proc and a /sys of its own, in real files. */
export class FakeRoot implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'camera-hub-root-'));

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.write(files);
  }

  /** By path, without the leading slash. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.path, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  }

  link(path: string, target: string): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(target, file);
  }

  remove(path: string): void {
    rmSync(join(this.path, path), { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
