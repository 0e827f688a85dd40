import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishedAccessories, type PublishedAccessory } from './accessories.js';
import { LogCapture } from './log-capture.js';
import { isFfmpeg, sessionMembers, type ProcessFacts } from './process-tree.js';
import { newStorage, removeStorage, writeConfig, type PlatformConfig } from './storage.js';

/** Which Homebridge of node_modules: the current one, or the npm alias of the 1.x line. */
export type HomebridgePackage = 'homebridge' | 'homebridge-1';

/** How to start a Homebridge; everything but the platform's configuration has a default. */
export interface HomebridgeOptions {
  /** The platform block, without its `platform` key. */
  readonly platformConfig: PlatformConfig;
  /** The platform's alias; `CameraHub` unless told. */
  readonly platform?: string;
  /** A storage folder to use (again); without it a throw-away folder is made. */
  readonly storage?: string;
  readonly homebridge?: HomebridgePackage;
  /** The plugin's folder (the one with its package.json); the repository root unless told. */
  readonly plugin?: string;
  /** Environment variables on top of this process's own; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Homebridge's own debug log (`-D`). */
  readonly debug?: boolean;
  /** How long the bridge may take until it listens; 30 s unless told. */
  readonly timeoutMs?: number;
}

/** How a Homebridge ended. `forced`: it did not end when asked and was killed. */
export interface HomebridgeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly forced: boolean;
  /** From the signal to the end. */
  readonly ms: number;
}

/** A running Homebridge, a process of its own. */
export interface RunningHomebridge {
  readonly pid: number;
  readonly pin: string;
  /** The HAP identifier of the bridge itself. */
  readonly bridgeId: string;
  readonly storage: string;
  /** From the start of the process to its bridge listening. */
  readonly startMs: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<Pick<HomebridgeExit, 'code' | 'signal'>>;
  /** All lines so far, colours removed; standard output and standard error. */
  log(): string[];
  /** The first line that matches (from line number `from` on), else throws after `timeoutMs` with the end of the log. */
  waitForLog(pattern: RegExp, timeoutMs?: number, from?: number): Promise<string>;
  /** External accessories that listen; waits until there are `count` (1), else throws. */
  accessories(count?: number, timeoutMs?: number): Promise<PublishedAccessory[]>;
  /** The external accessory that the plugin called `name`; waits for it. */
  accessory(name: string, timeoutMs?: number): Promise<PublishedAccessory>;
  /** Everything it started that lives, also what outlived it; not itself. */
  processes(): ProcessFacts[];
  /** Those of `processes()` that are FFmpeg. */
  ffmpegs(): ProcessFacts[];
  /** SIGTERM, as a service manager does; SIGKILL after 15 s. Removes a throw-away storage unless `keepStorage`. 1.x takes 5 s. */
  stop(options?: { keepStorage?: boolean }): Promise<HomebridgeExit>;
  /** SIGKILL to Homebridge alone; the storage stays, to be used again or for `stop()` to remove. */
  killHard(): Promise<HomebridgeExit>;
  /** SIGKILL to what outlived it, so that one failed test does not slow the next; gives what that was. */
  killLeftovers(): ProcessFacts[];
}

/** Where this Homebridge is installed, or `undefined` when it is not (a reason to skip a test). */
export function installedHomebridge(name: HomebridgePackage): string | undefined {
  const scripts = [join('bin', 'homebridge.js'), join('bin', 'homebridge')];
  return scripts.map((script) => join(process.cwd(), 'node_modules', name, script)).find((path) => existsSync(path));
}

/** Starts Homebridge with this Node and returns once its bridge listens. Throws with its log when it does not. */
export async function startHomebridge(options: HomebridgeOptions): Promise<RunningHomebridge> {
  const name = options.homebridge ?? 'homebridge';
  const script = installedHomebridge(name);
  if (script === undefined) {
    throw new Error(`node_modules/${name} is not installed.`);
  }
  const storage = options.storage ?? newStorage();
  const bridge = await writeConfig(storage, options.platform ?? 'CameraHub', options.platformConfig);
  const args = [script, '-U', storage, '-P', options.plugin ?? process.cwd(), '--strict-plugin-resolution', '-Q', '-T'];
  const started = performance.now();
  // A session of its own: what it leaves behind is found by the session, whoever is its parent then.
  const child = spawn(process.execPath, options.debug ? [...args, '-D'] : args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment(options.env ?? {}),
  });
  const capture = new LogCapture();
  capture.follow(child.stdout);
  capture.follow(child.stderr);
  const exited = new Promise<Pick<HomebridgeExit, 'code' | 'signal'>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const { pid } = child;
  if (pid === undefined) {
    throw new Error(`${name} could not be started.`);
  }
  endWithThisProcess(pid);

  const end = async (signal: NodeJS.Signals): Promise<HomebridgeExit> => {
    const asked = performance.now();
    child.kill(signal);
    let forced = false;
    const timer = setTimeout(() => {
      forced = true;
      child.kill('SIGKILL');
    }, 15_000);
    const how = await exited;
    clearTimeout(timer);
    return { ...how, forced, ms: performance.now() - asked };
  };
  const waitForLog = async (pattern: RegExp, timeoutMs = 10_000, from = 0): Promise<string> => {
    const line = await Promise.race([capture.waitFor(pattern, timeoutMs, from), exited.then(() => capture.waitFor(pattern, 0, from))]);
    return line ?? fail(`${name} printed nothing like ${String(pattern)} (${timeoutMs} ms)`, capture.lines);
  };

  try {
    await waitForLog(/^Homebridge v.* is running on port \d+\.$/, options.timeoutMs ?? 30_000);
  } catch (error) {
    await end('SIGKILL');
    throw error;
  }
  const publishedOnce = async (enough: (found: PublishedAccessory[]) => boolean, timeoutMs: number): Promise<PublishedAccessory[]> => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const found = publishedAccessories(storage, capture.lines, bridge.username);
      if (enough(found)) {
        return found;
      }
      if (performance.now() > deadline || child.exitCode !== null) {
        return fail(`Only ${JSON.stringify(found.map(({ name: camera }) => camera))} were published (${timeoutMs} ms)`, capture.lines);
      }
      await sleep(20);
    }
  };
  return {
    pid,
    pin: bridge.pin,
    bridgeId: bridge.username,
    storage,
    startMs: performance.now() - started,
    exited,
    log: () => [...capture.lines],
    waitForLog,
    accessories: async (count = 1, timeoutMs = 10_000) => publishedOnce((found) => found.length >= count, timeoutMs),
    accessory: async (wanted, timeoutMs = 10_000) => {
      const found = await publishedOnce((all) => all.some((one) => one.name === wanted), timeoutMs);
      return found.find((one) => one.name === wanted) ?? fail(`No accessory "${wanted}"`, capture.lines);
    },
    processes: () => sessionMembers(pid).filter((member) => member.pid !== pid),
    ffmpegs: () => sessionMembers(pid).filter(isFfmpeg),
    stop: async ({ keepStorage = false } = {}) => {
      const how = await end('SIGTERM');
      if (!keepStorage) {
        removeStorage(storage);
      }
      return how;
    },
    killHard: async () => end('SIGKILL'),
    killLeftovers: () => {
      const left = sessionMembers(pid).filter((member) => member.pid !== pid);
      for (const member of left) {
        process.kill(member.pid, 'SIGKILL');
      }
      return left;
    },
  };
}

/**
 * Ends a Homebridge whose test was killed itself; Jest lets no exit handler run. While the test lives, what Homebridge
 * leaves behind is left alone: finding it is what tests are for.
 */
function endWithThisProcess(pid: number): void {
  const watch = 'while kill -0 "$1" && kill -0 "$2"; do sleep 2; done; kill -0 "$1" || kill -s KILL -- "-$2"';
  spawn('sh', ['-c', watch, 'sh', String(process.pid), String(pid)], { detached: true, stdio: 'ignore' }).unref();
}

/** This process's environment without what Jest and npm put there: a user's Homebridge has none of it. */
function childEnvironment(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([key]) => !/^(NODE_OPTIONS|NODE_ENV|FORCE_COLOR|JEST_.*|npm_.*)$/.test(key));
  return Object.fromEntries([...inherited, ...Object.entries(extra)].filter(([, value]) => value !== undefined));
}

function fail(message: string, log: readonly string[]): never {
  throw new Error(`${message}. The end of its log:\n${log.slice(-40).join('\n')}`);
}
