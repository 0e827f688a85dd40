import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { platform } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import { OwnProcess } from '../../src/resources/measure/own-process.js';
import { pidusageCounters } from '../../src/resources/measure/pidusage-counters.js';
import { ProcessUsage } from '../../src/resources/measure/process-usage.js';
import { countersOfSystem } from '../../src/resources/measure/system-counters.js';
import { ffmpegPath } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';

const children: ChildProcess[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
});

function start(command: string, ...args: readonly string[]): number {
  const child = spawn(command, args, { stdio: 'ignore' });
  children.push(child);
  return child.pid ?? -1;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));
/** An FFmpeg that takes all it gets of one core, and one that shows a small picture a second. */
const burning = (): number => start(ffmpegPath, '-v', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc2=s=1280x720', '-threads', '1', '-filter_threads', '1', '-c:v', 'libx264', '-preset', 'superfast', '-f', 'null', '-');
const resting = (): number => start(ffmpegPath, '-v', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', 'color=s=64x64:r=1', '-f', 'null', '-');

describe.each([
  ['as this system does it', countersOfSystem],
  ['by pidusage', () => pidusageCounters({ leastIntervalMs: 500 })],
])('processes are measured: %s', (_, source) => {
  test('one that burns a core, one that rests, and one that has ended', async () => {
    const usage = new ProcessUsage({ source: source() });
    const [busy, idle, ended] = [burning(), resting(), resting()];
    await pause(1_000);
    const first = await usage.sample([busy, idle, ended]);
    expect(first.size).toBe(3);
    const pace = await machinePace();
    expect(first.get(busy)?.cpuPercent).toBeGreaterThan(30 / pace); // Not 0, as nothing is known from before.

    await Promise.all(children.filter(({ pid }) => pid === ended).map(end));
    await pause(1_500);
    const second = await usage.sample([busy, idle, ended]);
    expect([...second.keys()]).toEqual([busy, idle]);
    expect(second.get(busy)?.cpuPercent).toBeGreaterThan(50 / pace);
    expect(second.get(busy)?.cpuPercent).toBeLessThan(250); // Its reader and its muxer have threads of their own.
    expect(second.get(idle)?.cpuPercent).toBeLessThan(10);
    const [busyBytes = 0, idleBytes = 0] = [second.get(busy)?.memoryBytes, second.get(idle)?.memoryBytes];
    expect(idleBytes).toBeGreaterThan(5e6);
    expect(busyBytes).toBeGreaterThan(idleBytes); // Pictures of 1.4 MB against such of 6 kB.
    expect(busyBytes).toBeLessThan(1e9);

    await Promise.all(children.filter(({ pid }) => pid === idle).map(end));
    await pause(600);
    expect((await usage.sample([idle])).size).toBe(0);
  });
});

test('this process counts itself as the system counts it', async () => {
  const own = new OwnProcess();
  own.sample();
  const usage = new ProcessUsage();
  await usage.sample([process.pid]);
  const startMs = performance.now();
  while (performance.now() - startMs < 800); // Work.
  const [mine, seen] = [own.sample(), (await usage.sample([process.pid])).get(process.pid)];
  expect(mine.cpuPercent).toBeGreaterThan(50 / (await machinePace()));
  expect(Math.abs(mine.cpuPercent - (seen?.cpuPercent ?? 0))).toBeLessThan(25);
  expect(mine.memoryBytes / (seen?.memoryBytes ?? 0)).toBeCloseTo(1, 0);
});

(platform() === 'linux' ? test : test.skip)('fifty processes that come and go leave no open file behind', async () => {
  const openFiles = (): number => readdirSync('/proc/self/fd').length;
  const usage = new ProcessUsage({ now: (() => { let ms = 0; return () => (ms += 1_000); })() });
  await usage.sample([process.pid]);
  const before = openFiles();
  for (let batch = 0; batch < 5; batch++) {
    const pids = Array.from({ length: 10 }, () => start('sleep', '60'));
    expect((await usage.sample(pids)).size).toBe(10);
    const ends = children.splice(0).map(end);
    await usage.sample(pids); // While they end.
    await Promise.all(ends);
    expect((await usage.sample(pids)).size).toBe(0);
  }
  expect(openFiles()).toBeLessThan(before + 10); // Others of this process come and go meanwhile.
});
