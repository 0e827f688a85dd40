import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { captureScript } from './capture/capture-script.js';
import { ffmpegPath } from './house.js';
import { testFfmpeg } from './test-ffmpeg.js';

/** The FFmpeg of this test run, as a word of a shell script. */
const realFfmpeg = `'${ffmpegPath.replaceAll('\'', '\'\\\'\'')}'`;

/** Shell scripts that take FFmpeg's place, in a folder of their own. */
export class StandIns implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<StandIns> {
    return new StandIns(await mkdtemp(join(tmpdir(), 'camera-hub-stand-ins-')));
  }

  /** It gets FFmpeg's arguments. */
  async program(name: string, script: string): Promise<Ffmpeg> {
    const path = join(this.#folder, name);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return { ...(await testFfmpeg()), path, origin: 'test' };
  }

  /** The real one on a machine that is too slow, whatever else that does: its filters take `speed` seconds of pictures a second, at most. */
  slow(name: string, speed: number): Promise<Ffmpeg> {
    return this.program(name, `before=; for each; do shift; [ "$before" = -vf ] && each="$each,realtime=speed=${speed}"; set -- "$@" "$each"; before="$each"; done; exec ${realFfmpeg} "$@"`);
  }

  /** The real one, but the first time that it is to take sound, it fails in words of its own. */
  failsOnceWithSound(name: string): Promise<Ffmpeg> {
    return this.program(name, `case "$*" in *0:a:0*) [ -e "$0.failed" ] || { : > "$0.failed"; echo 'a fault without a name' >&2; exit 1; };; esac; exec ${realFfmpeg} "$@"`);
  }

  /** The real one on a machine with capture devices, which are files of `PluggedDevices`; it notes each time that it opens one for its pictures. */
  withDevices(name: string): Promise<Ffmpeg> {
    return this.program(name, captureScript(realFfmpeg));
  }

  /** What such a one noted: the paths that were opened, one after the other. */
  async opened({ path }: Pick<Ffmpeg, 'path'>): Promise<readonly string[]> {
    const noted = await readFile(`${path}.opened`, 'utf8').catch(() => '');
    return noted.split('\n').filter((line) => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
