import type { CpuInfo } from 'node:os';
import { expect, test } from '@jest/globals';
import { allowedCpus, busyPercent, procStatTimes, systemTimes, type CpuTimes } from '../../../src/resources/measure/cpu-times.js';

/** A server of four processors; user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. */
const procStat = `cpu  100 20 30 4000 500 6 7 8 50 0
cpu0 10 1 2 1000 100 1 1 1 5 0
cpu1 20 2 4 1000 200 2 2 2 10 0
cpu2 30 3 6 1000 100 1 2 2 15 0
cpu3 40 14 18 1000 100 2 2 3 20 0
intr 123456 7 8 9
ctxt 987654
`;

test.each<readonly [string, readonly number[] | undefined, CpuTimes]>([
  ['all processors', undefined, { busy: 171, idle: 4_500, cores: 4 }],
  ['those of a container that is pinned to two', [1, 3], { busy: 32 + 79, idle: 2_300, cores: 2 }],
  ['all of them where lxcfs has numbered them anew', [2, 6], { busy: 171, idle: 4_500, cores: 4 }],
])('waiting for a disk is idle, what the hypervisor took is not, guests count once: %s', (_, allowed, times) => {
  expect(procStatTimes(procStat, allowed)).toEqual(times);
});

test.each(['', 'cpu  1 2 3 4\n', 'intr 1'])('without processors in it (%j) nothing is told', (text) => {
  expect(procStatTimes(text, undefined)).toBeUndefined();
});

test('what libuv tells counts the same; nothing where it tells nothing', () => {
  const cpu = (idle: number): CpuInfo => ({ model: '', speed: 0, times: { user: 10, nice: 1, sys: 5, irq: 2, idle } });
  expect(systemTimes([cpu(100), cpu(50)])).toEqual({ busy: 36, idle: 150, cores: 2 });
  expect(systemTimes([])).toBeUndefined();
});

test.each<readonly [string, Partial<CpuTimes>, number | undefined]>([
  ['half', { busy: 150, idle: 1_050 }, 50],
  ['all', { busy: 150 }, 100],
  ['nothing', { idle: 1_050 }, 0],
  ['no time', {}, undefined],
  ['idle counted backwards', { busy: 150, idle: 990 }, 100],
  ['busy counted backwards', { busy: 90, idle: 1_050 }, 0],
  ['both backwards', { busy: 90, idle: 990 }, undefined],
  ['another number of processors', { busy: 150, idle: 1_050, cores: 1 }, undefined],
])('busy share: %s', (_, change, percent) => {
  const before = { busy: 100, idle: 1_000, cores: 2 };
  expect(busyPercent(before, { ...before, ...change })).toBe(percent);
});

test.each([
  ['0-3', [0, 1, 2, 3]],
  ['5', [5]],
  ['0-1,4,8-9', [0, 1, 4, 8, 9]],
])('processors of a process: %s', (list, cpus) => {
  expect(allowedCpus(`Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`)).toEqual(cpus);
});

test('a system that does not list them lists none', () => {
  expect(allowedCpus('')).toBeUndefined();
});
