import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { platformName } from '../../src/settings.js';
import { publishedAccessories, type PublishedAccessory } from '../../test/support/homebridge/accessories.js';
import { installedHomebridge } from '../../test/support/homebridge/homebridge.js';
import { LogCapture } from '../../test/support/homebridge/log-capture.js';
import { newStorage, removeStorage, writeConfig, type PlatformConfig } from '../../test/support/homebridge/storage.js';
import { StageProcess, type StageEnd } from './stage-process.js';

export interface DemoHomebridgeOptions {
  readonly platformConfig: PlatformConfig;
  /** The one network interface to be offered on; all of them unless told. */
  readonly bind: string | undefined;
  readonly signal: AbortSignal;
}

/** What HAP-NodeJS keeps of an accessory, as far as pairing needs it. */
const accessoryInfo = z.object({
  pincode: z.string(),
  category: z.int(),
  setupID: z.string(),
  pairedClients: z.record(z.string(), z.unknown()).default({}),
});

/** See `accessoryInfo`. */
export type AccessoryInfo = z.output<typeof accessoryInfo>;

/** Homebridge ended by itself. */
export class HomebridgeEnded extends Error {
  constructor({ code, signal }: StageEnd, readonly log: readonly string[]) {
    super(`Homebridge has ended unexpectedly (${signal ?? `exit code ${code ?? '?'}`}).`);
  }
}

/** A Homebridge with this plugin, a process of its own, with a storage folder that goes when it goes. */
export class DemoHomebridge implements AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<StageEnd>;
  readonly #process: StageProcess<ChildProcessByStdio<null, Readable, Readable>>;
  readonly #storage: string;
  readonly #bridgeId: string;
  readonly #watcher: ChildProcess | undefined;
  readonly #all = new LogCapture();
  readonly #warnings = new LogCapture();

  static async start({ platformConfig, bind, signal }: DemoHomebridgeOptions): Promise<DemoHomebridge> {
    signal.throwIfAborted();
    const script = installedHomebridge('homebridge');
    if (script === undefined) {
      throw new Error('Homebridge is not installed here: run "npm ci" once.');
    }
    const storage = newStorage();
    try {
      const { username } = await writeConfig(storage, platformName, platformConfig);
      offerOnlyTheCamera(join(storage, 'config.json'), bind);
      return new DemoHomebridge(script, storage, username);
    } catch (error) {
      removeStorage(storage);
      throw error;
    }
  }

  private constructor(script: string, storage: string, bridgeId: string) {
    const args = [script, '-U', storage, '-P', process.cwd(), '--strict-plugin-resolution', '-Q', '-T'];
    this.#process = StageProcess.start('Homebridge', args, ['ignore', 'pipe', 'pipe']);
    this.#storage = storage;
    this.#bridgeId = bridgeId;
    this.pid = this.#process.pid;
    this.exited = this.#process.exited;
    this.#watcher = endWithThisProcess(this.pid, storage);
    const { stdout, stderr } = this.#process.child;
    this.#all.follow(stdout);
    this.#all.follow(stderr);
    this.#warnings.follow(stderr);
  }

  /** Calls back whenever something new is in `lines` or `warnings`. */
  onOutput(listener: () => void): void {
    const { stdout, stderr } = this.#process.child;
    stdout.on('data', listener);
    stderr.on('data', listener);
  }

  /** All that it printed. */
  get lines(): readonly string[] {
    return this.#all.lines;
  }

  /** What it printed as a warning or an error: Homebridge gives those to the standard error stream. */
  get warnings(): readonly string[] {
    return this.#warnings.lines;
  }

  /** Waits until this camera can be paired. Throws when the signal or Homebridge's end comes first. */
  async accessory(name: string, signal: AbortSignal): Promise<PublishedAccessory> {
    for (;;) {
      signal.throwIfAborted();
      const found = publishedAccessories(this.#storage, this.lines, this.#bridgeId).find((one) => one.name === name);
      if (found) {
        return found;
      }
      if (this.#process.ended) {
        throw new HomebridgeEnded(await this.exited, this.lines);
      }
      await sleep(50);
    }
  }

  /** What pairing with a published accessory needs. */
  info({ id }: PublishedAccessory): AccessoryInfo {
    const file = join(this.#storage, 'persist', `AccessoryInfo.${id.replaceAll(':', '')}.json`);
    return accessoryInfo.parse(JSON.parse(readFileSync(file, 'utf8')));
  }

  /** Has somebody added it in the Home app? */
  isPaired(accessory: PublishedAccessory): boolean {
    try {
      return Object.keys(this.info(accessory).pairedClients).length > 0;
    } catch {
      return false; // Being written at this moment, or gone.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Homebridge alone is asked: it ends its FFmpegs itself. Asked while it starts it may go on (until it gives up after 5 s).
    this.#process.child.kill('SIGTERM');
    await this.#process.gone({ itselfMs: 3_000, othersMs: 1_000 });
    this.#watcher?.kill('SIGKILL');
    removeStorage(this.#storage);
  }
}

/** `writeConfig()` keeps tests on loopback; here a phone is to find the camera, and no bridge that it has no use for. */
function offerOnlyTheCamera(file: string, bind: string | undefined): void {
  const config = JSON.parse(readFileSync(file, 'utf8')) as { readonly bridge: Readonly<Record<string, unknown>> };
  const { bind: _loopback, ...bridge } = config.bridge;
  // ciao is Homebridge's own default: it needs no Avahi and gets along with one.
  const offered = { ...bridge, advertiser: 'ciao', hap: { enabled: false, externalsOnly: true }, ...(bind === undefined ? {} : { bind: [bind] }) };
  writeFileSync(file, JSON.stringify({ ...config, bridge: offered }, undefined, 2));
}

/** Homebridge would outlive a demo that is killed (SIGKILL): the end of this pipe is the end of the demo. */
function endWithThisProcess(pid: number, storage: string): ChildProcess | undefined {
  if (process.platform === 'win32') {
    return undefined;
  }
  const watch = 'read -r _; kill "$1"; for second in 1 2 3; do kill -0 "$1" && sleep 1; done; kill -9 -- "-$1"; rm -rf -- "$2"';
  return spawn('sh', ['-c', watch, 'sh', String(pid), storage], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
}
