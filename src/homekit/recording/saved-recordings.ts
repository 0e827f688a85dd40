import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import { asProblem, type Problem } from '../../problems.js';

/** The newest so many of a camera are kept. */
const keep = 20;
/** File names end at 255 bytes. */
const longestName = 200;
/** Of a file that the disk is too slow for, so much waits in memory. */
const mostWaitingBytes = 32 * 1024 * 1024;

/** Keeps recordings as files, exactly as the home hub got them, to look for the cause of a problem. Never holds up a recording. */
export class SavedRecordings {
  readonly #folder: string;
  readonly #prefix: string;
  readonly #onProblem: (problem: Problem) => void;

  /** @param name of the camera; written such that any file system takes it, and two cameras never share it. */
  constructor(folder: string, name: string, onProblem: (problem: Problem) => void) {
    this.#folder = folder;
    this.#prefix = `${encodeURIComponent(name).replaceAll('*', '%2A').slice(0, longestName)}-`;
    this.#onProblem = onProblem;
  }

  /** Begins a file, and deletes the oldest of this camera beyond those that are kept. */
  begin(): SavedRecording {
    const path = join(this.#folder, `${this.#prefix}${new Date().toISOString().replaceAll(/[:.]/g, '-')}.mp4`);
    return new SavedRecording(() =>
      this.#open(path).catch((error: unknown) => {
        this.#onProblem(asProblem(error, 'recording-not-saved'));
        return undefined;
      }),
    );
  }

  async #open(path: string): Promise<WriteStream> {
    await mkdir(this.#folder, { recursive: true });
    const older = (await readdir(this.#folder)).filter((file) => file.startsWith(this.#prefix) && file.endsWith('.mp4') && isTime(file.slice(this.#prefix.length, -4))).sort();
    await Promise.all(older.slice(0, Math.max(0, older.length - keep + 1)).map((file) => rm(join(this.#folder, file), { force: true })));
    const stream = createWriteStream(path, { flags: 'wx' });
    finished(stream).catch((error: unknown) => this.#onProblem(asProblem(error, 'recording-not-saved')));
    return stream;
  }
}

/** One file, which is made with its first bytes. */
export class SavedRecording implements AsyncDisposable {
  readonly #open: () => Promise<WriteStream | undefined>;
  #opened: Promise<WriteStream | undefined> | undefined;

  /** @internal Made by SavedRecordings.begin. */
  constructor(open: () => Promise<WriteStream | undefined>) {
    this.#open = open;
  }

  write(data: Buffer): void {
    this.#opened ??= this.#open();
    void this.#opened.then((stream) => {
      // Cut short rather than with a hole.
      if (stream?.writable && stream.writableLength > mostWaitingBytes) {
        stream.end();
      } else if (stream?.writable) {
        stream.write(data);
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#opened)?.end();
  }
}

/** As `begin` writes it: another camera's name may begin like this one's. */
function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z$/.test(text);
}
