import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { prepareFootage } from '../../scripts/demo/footage.js';
import { setupUri } from '../../scripts/demo/pairing.js';
import { provideFfmpeg } from '../../scripts/provide-ffmpeg.js';
import { pairAccessory } from '../support/controller/controller.js';
import { publishedAccessories } from '../support/homebridge/accessories.js';
import { installedHomebridge } from '../support/homebridge/homebridge.js';
import { LogCapture } from '../support/homebridge/log-capture.js';
import { descendants, isFfmpeg, processFacts, type ProcessFacts } from '../support/homebridge/process-tree.js';
import { decodeJpeg } from '../support/picture.js';

const keyframeEvery = 60;

/** The demo as `npm run demo` starts it, with a temporary folder of its own; on loopback only. */
class DemoRun {
  readonly output = new LogCapture();
  readonly exited: Promise<number | NodeJS.Signals | null>;
  readonly pid: number;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'camera-hub-demo-test-'));

  constructor() {
    const env = { ...process.env, TMPDIR: this.#folder };
    // A process group of its own, as a shell gives to what it starts in a terminal.
    this.#child = spawn(process.execPath, ['dist/scripts/demo.js', '--bind', 'lo'], { detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? NaN;
    this.output.follow(this.#child.stdout);
    this.output.follow(this.#child.stderr);
    this.exited = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve(signal ?? code)));
  }

  /** The first line that matches, from line number `from` on. */
  async says(pattern: RegExp, timeoutMs = 10_000, from = 0): Promise<RegExpExecArray> {
    const match = pattern.exec((await this.output.waitFor(pattern, timeoutMs, from)) ?? '');
    if (!match) {
      throw new Error(`The demo did not say ${String(pattern)}, but:\n${this.output.lines.join('\n')}`);
    }
    return match;
  }

  /** Ctrl-C: the terminal sends it to the whole process group. */
  interrupt(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Its storage folders. */
  storages(): string[] {
    return readdirSync(this.#folder).filter((name) => name.startsWith('camera-hub-')).map((name) => join(this.#folder, name));
  }

  /** All processes that come from it, wherever they are: they have its temporary folder in their environment. */
  processes(): string[] {
    return readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(`TMPDIR=${this.#folder}`))
      .map((pid) => `${pid} ${processFacts(Number(pid))?.args.join(' ') ?? ''}`);
  }

  /** What a failed test leaves behind. */
  clear(): void {
    for (const line of this.processes()) {
      process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // Gone, or another user's.
  }
}

const runs: DemoRun[] = [];

function startDemo(): DemoRun {
  const run = new DemoRun();
  runs.push(run);
  return run;
}

beforeAll(async () => {
  await provideFfmpeg();
}, 120_000);

afterEach(() => {
  for (const run of runs.splice(0)) {
    run.clear();
  }
});

describe('the demo', () => {
  test('shows a camera that can be paired, photographed and watched, tells problems, and leaves nothing behind after Ctrl-C', async () => {
    const demo = startDemo();
    await demo.says(/^Pairing code/, 90_000);
    const [, displayName = ''] = await demo.says(/^Name +(.*)$/);
    const [, pin = ''] = await demo.says(/^Pairing code (\d{3}-\d{2}-\d{3})$/);
    const [, port = ''] = await demo.says(/^Reached at +port (\d+),/);
    await demo.says(/connected, sends H.264 1920x1080 30 fps and H.264 640x360 15 fps, 2 connections, 0 live views, 0 snapshots, not in Home yet/);
    expect(demo.output.lines.filter((line) => /^ {2}█{3}/.test(line)).length).toBeGreaterThan(12);

    const [storage = ''] = demo.storages();
    const [accessory] = publishedAccessories(storage, [`${displayName} is running on port ${port}.`], '');
    const controller = await pairAccessory({ host: '127.0.0.1', port: Number(port), id: accessory?.id ?? '', pin });
    const { jpeg } = await controller.snapshot({ width: 1280, height: 720 });
    const picture = await decodeJpeg(jpeg);
    expect(picture).toMatchObject({ width: 1280, height: 720 });
    const { counter, clockMs } = picture.marks ?? { counter: NaN, clockMs: NaN };
    expect(counter % keyframeEvery).toBe(0);
    expect(clockMs).toBe(Math.round((counter * 1000) / 30));

    const live = await controller.startLive({ width: 1280, height: 720, fps: 30, bitrateKbps: 299 });
    await live.firstKeyframe(5_000);
    await demo.says(/^Live view for 127\.0\.0\.1 \(1280x720/);
    await demo.says(/2 connections, 1 live view, 1 snapshot, added to Home, Homebridge and [23] FFmpeg: .*\d+ MiB$/);
    await live.stop();
    await demo.says(/^Live view for 127\.0\.0\.1 ended/);
    await demo.says(/ 0 live views, 1 snapshot, added/);
    await controller.close();

    const ingest = descendants(demo.pid).find((one) => isFfmpeg(one) && one.args.some((arg) => arg.endsWith('/main')));
    const before = demo.output.lines.length;
    process.kill(ingest?.pid ?? NaN, 'SIGKILL');
    await demo.says(/^Demo Camera: .*\[[a-z-]+\]$/, 5_000, before);
    await demo.says(/^Demo Camera not connected/, 5_000, before);
    await demo.says(/^Demo Camera connected/, 10_000, before);

    demo.interrupt();
    const asked = performance.now();
    expect(await demo.exited).toBe(0);
    expect(performance.now() - asked).toBeLessThan(4_000);
    const end = demo.output.lines.slice(demo.output.lines.indexOf('Stopping ...'));
    expect(end).toEqual(['Stopping ...', expect.stringMatching(/^Remove "Demo Camera"/), 'Stopped; nothing is left behind.']);
    expect(demo.processes()).toEqual([]);
    expect(demo.storages()).toEqual([]);
  }, 120_000);

  test.each([
    ['at once', /^FFmpeg/, 0],
    ['while the camera starts', /^Starting a simulated camera/, 50],
    ['while Homebridge starts', /^Starting Homebridge/, 400],
  ])('leaves nothing behind when it is interrupted %s', async (_when, line, afterMs) => {
    const demo = startDemo();
    await demo.says(line, 90_000);
    await sleep(afterMs);
    demo.interrupt();
    expect(await demo.exited).toBe(0);
    expect(demo.output.lines).not.toContainEqual(expect.stringMatching(/Error|^ +at /));
    expect(demo.output.lines.at(-1)).toBe('Stopped; nothing is left behind.');
    expect(demo.processes()).toEqual([]);
    expect(demo.storages()).toEqual([]);
  }, 120_000);

  test('says so, with the log, when Homebridge ends unexpectedly', async () => {
    const demo = startDemo();
    await demo.says(/^Demo Camera connected/, 90_000);
    // Homebridge leads the session that its FFmpegs are in.
    process.kill(descendants(demo.pid).find(isFfmpeg)?.session ?? NaN, 'SIGKILL');
    expect(await demo.exited).toBe(1);
    expect(demo.output.lines).toContain('Homebridge has ended unexpectedly (SIGKILL).');
    expect(demo.output.lines).toContainEqual(expect.stringMatching(/^ +Demo Camera [0-9A-F]{4} is running on port/));
    expect(demo.processes()).toEqual([]);
    expect(demo.storages()).toEqual([]);
  }, 120_000);

  test('takes its children along when it is killed', async () => {
    const demo = startDemo();
    await demo.says(/^Demo Camera connected/, 90_000);
    process.kill(demo.pid, 'SIGKILL');
    expect(await demo.exited).toBe('SIGKILL');
    for (let tries = 0; tries < 60 && demo.processes().length + demo.storages().length > 0; tries += 1) {
      await sleep(100);
    }
    expect(demo.processes()).toEqual([]);
    expect(demo.storages()).toEqual([]);
  }, 120_000);
});

describe('making the demo picture', () => {
  test('stops at once when it is interrupted, and leaves no unfinished file', async () => {
    const { path } = await provideFfmpeg();
    const stop = new AbortController();
    // A bitrate that nothing else uses, so that it is not cached.
    const bitrateKbps = randomInt(4_001, 1_000_000);
    let making = Promise.resolve();
    await new Promise<void>((onSlow) => {
      making = prepareFootage([{ bitrateKbps, seconds: 60 }], path, stop.signal, onSlow);
    });
    const ffmpegs = (): ProcessFacts[] => descendants(process.pid).filter((one) => isFfmpeg(one) && one.args.includes(`${bitrateKbps}k`));
    for (let tries = 0; tries < 100 && ffmpegs().length === 0; tries += 1) {
      await sleep(50);
    }
    const [ffmpeg] = ffmpegs();
    const unfinished = ffmpeg?.args.at(-1) ?? '';
    expect(existsSync(unfinished)).toBe(true);
    const asked = performance.now();
    stop.abort();
    await expect(making).rejects.toThrow(/abort/);
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(existsSync(unfinished)).toBe(false);
    expect(ffmpegs()).toEqual([]);
  }, 30_000);
});

describe('the setup URI', () => {
  const { Accessory } = createRequire(installedHomebridge('homebridge') ?? '')('@homebridge/hap-nodejs') as {
    readonly Accessory: { readonly prototype: { setupURI(this: unknown): string } };
  };

  test.each([
    ['031-45-154', 17, 'ABCD'],
    ['236-24-825', 17, 'Z9ZZ'],
    ['499-49-999', 2, '0000'],
    ['100-10-500', 1, '1QJ8'],
  ])('of code %s, category %i and identifier %s is the one that HAP-NodeJS makes', (pincode, category, setupID) => {
    const accessory = { _accessoryInfo: { pincode, category }, _setupID: setupID };
    expect(setupUri({ pincode, category, setupID })).toBe(Accessory.prototype.setupURI.call(accessory));
  });
});
