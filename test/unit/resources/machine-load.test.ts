import { cpus, totalmem } from 'node:os';
import { afterEach, expect, test } from '@jest/globals';
import { MachineLoad, type MachineSample } from '../../../src/resources/measure/machine-load.js';
import { FakeRoot } from './fake-root.js';

let root: FakeRoot;
afterEach(() => root[Symbol.dispose]());

const status = 'Cpus_allowed_list:\t0-3\n';
/** Four processors: `busy` and `idle` ticks each. */
const stat = (busy: number, idle: number): string => `cpu  ${4 * busy} 0 0 ${4 * idle}\n${[0, 1, 2, 3].map((cpu) => `cpu${cpu} ${busy} 0 0 ${idle} 0 0 0 0 0 0\n`).join('')}`;
const unifiedMount = (group = '/'): string => `30 23 0:26 ${group} /sys/fs/cgroup ro,nosuid,nodev - cgroup2 cgroup rw,nsdelegate\n`;
const legacyMounts = (group: string): string =>
  ['cpu,cpuacct', 'memory', 'name=systemd'].map((controllers, index) => `${40 + index} 39 0:${30 + index} ${group} /sys/fs/cgroup/${controllers.replace('name=', '')} ro,nosuid master:${index} - cgroup cgroup rw,${controllers}\n`).join('');
const gibibyte = 1_073_741_824;

interface Layout {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** The files that tell what has been used, after so many milliseconds of processor time. */
  readonly used: (ms: number) => Readonly<Record<string, string>>;
  readonly cores: number;
  readonly memoryBytes?: number;
  readonly availableBytes?: number;
}

const pod = 'kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod9c.slice';

const layouts: readonly Layout[] = [
  {
    name: 'Docker, cgroup v2, a namespace of its own',
    files: {
      'proc/self/cgroup': '0::/\n',
      'proc/self/mountinfo': unifiedMount(),
      'sys/fs/cgroup/cpu.max': '150000 100000\n',
      'sys/fs/cgroup/memory.max': `${gibibyte}\n`,
      'sys/fs/cgroup/memory.current': `${gibibyte / 2}\n`,
      'sys/fs/cgroup/memory.stat': `anon 5\nfile 7\ninactive_file ${gibibyte / 4}\n`,
    },
    used: (ms) => ({ 'sys/fs/cgroup/cpu.stat': `usage_usec ${ms * 1_000}\nuser_usec 1\nsystem_usec 1\n` }),
    cores: 1.5,
    memoryBytes: gibibyte,
    availableBytes: (3 * gibibyte) / 4,
  },
  {
    name: 'Docker, cgroup v2, the namespace of the host',
    files: { 'proc/self/cgroup': '0::/system.slice/docker-1f2e.scope\n', 'proc/self/mountinfo': unifiedMount(), 'sys/fs/cgroup/system.slice/cpu.max': 'max 100000\n', 'sys/fs/cgroup/system.slice/docker-1f2e.scope/cpu.max': '50000 100000\n' },
    used: (ms) => ({ 'sys/fs/cgroup/system.slice/docker-1f2e.scope/cpu.stat': `usage_usec ${ms * 1_000}\n`, 'sys/fs/cgroup/system.slice/cpu.stat': 'usage_usec 99999999\n' }),
    cores: 0.5,
  },
  {
    name: 'Docker, cgroup v1: the path is the one on the host, and not there in the container',
    files: {
      'proc/self/cgroup': '12:memory:/docker/1f2e\n4:cpu,cpuacct:/docker/1f2e\n1:name=systemd:/docker/1f2e\n0::/system.slice/containerd.service\n',
      'proc/self/mountinfo': legacyMounts('/docker/1f2e'),
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '200000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${gibibyte}\n`,
      'sys/fs/cgroup/memory/memory.usage_in_bytes': `${gibibyte}\n`,
      'sys/fs/cgroup/memory/memory.stat': `inactive_file 1\ntotal_inactive_file ${gibibyte / 8}\n`,
    },
    used: (ms) => ({ 'sys/fs/cgroup/cpu,cpuacct/cpuacct.usage': `${ms * 1_000_000}\n` }),
    cores: 2,
    memoryBytes: gibibyte,
    availableBytes: gibibyte / 8,
  },
  {
    name: 'cgroup v1 without a container, the controllers mounted apart, the limit on the group around',
    files: {
      'proc/self/cgroup': '3:cpuacct:/batch/one\n2:cpu:/batch/one\n',
      'proc/self/mountinfo': '40 39 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n41 39 0:31 / /sys/fs/cgroup/cpu\\040accounts rw - cgroup cgroup rw,cpuacct\n',
      'sys/fs/cgroup/cpu/batch/one/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/batch/one/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu/batch/cpu.cfs_quota_us': '100000\n',
      'sys/fs/cgroup/cpu/batch/cpu.cfs_period_us': '100000\n',
    },
    used: (ms) => ({ 'sys/fs/cgroup/cpu accounts/batch/cpuacct.usage': `${ms * 1_000_000}\n`, 'sys/fs/cgroup/cpu accounts/batch/one/cpuacct.usage': '5\n', 'sys/fs/cgroup/cpu accounts/cpuacct.usage': '7\n' }),
    cores: 1,
  },
  {
    name: 'Kubernetes, cgroup v2: the pod has less than the container',
    files: {
      'proc/self/cgroup': `0::/${pod}/cri-77.scope\n`,
      'proc/self/mountinfo': unifiedMount(),
      [`sys/fs/cgroup/${pod}/cri-77.scope/cpu.max`]: '300000 100000\n',
      [`sys/fs/cgroup/${pod}/cpu.max`]: '25000 100000\n',
      [`sys/fs/cgroup/${pod}/cri-77.scope/memory.max`]: 'max\n',
      [`sys/fs/cgroup/${pod}/memory.max`]: `${gibibyte}\n`,
      [`sys/fs/cgroup/${pod}/memory.current`]: '0\n',
    },
    used: (ms) => ({ [`sys/fs/cgroup/${pod}/cri-77.scope/cpu.stat`]: 'usage_usec 5\n', [`sys/fs/cgroup/${pod}/cpu.stat`]: `usage_usec ${ms * 1_000}\n` }),
    cores: 0.25,
    memoryBytes: gibibyte,
    availableBytes: gibibyte,
  },
  {
    name: 'systemd, CPUQuota=80%',
    files: { 'proc/self/cgroup': '0::/system.slice/homebridge.service\n', 'proc/self/mountinfo': unifiedMount(), 'sys/fs/cgroup/system.slice/homebridge.service/cpu.max': '80000 100000\n' },
    used: (ms) => ({ 'sys/fs/cgroup/system.slice/homebridge.service/cpu.stat': `usage_usec ${ms * 1_000}\n` }),
    cores: 0.8,
  },
  {
    name: 'a process put into another group than its namespace begins at',
    files: {
      'proc/self/cgroup': '0::/../system.slice/homebridge.service\n',
      'proc/self/mountinfo': `22 21 0:20 / /proc rw - proc proc rw\n${unifiedMount()}`,
      'sys/fs/cgroup/cpu.max': '100000 100000\n',
      'sys/fs/system.slice/homebridge.service/cpu.max': '1000 100000\n', // Not the kernel's: beside the mount.
      'sys/fs/system.slice/homebridge.service/cpu.stat': 'usage_usec 1\n',
    },
    used: (ms) => ({ 'sys/fs/cgroup/cpu.stat': `usage_usec ${ms * 1_000}\n` }),
    cores: 1,
  },
  {
    name: 'LXC: a service in a namespace that begins below what is mounted',
    files: { 'proc/self/cgroup': '0::/../system.slice/homebridge.service\n', 'proc/self/mountinfo': unifiedMount('/..'), 'sys/fs/cgroup/system.slice/homebridge.service/cpu.max': '20000 100000\n' },
    used: (ms) => ({ 'sys/fs/cgroup/system.slice/homebridge.service/cpu.stat': `usage_usec ${ms * 1_000}\n` }),
    cores: 0.2,
  },
];

test.each(layouts)('a container at 90 percent of its limit on an idle machine is at 90 percent: $name', ({ files, used, cores, memoryBytes, availableBytes }) => {
  root = new FakeRoot({ ...files, ...used(5_000), 'proc/stat': stat(1_000, 9_000), 'proc/self/status': status });
  const load = new MachineLoad({ root: root.path });
  expect(load.sample(10_000)).toBeUndefined();
  root.write({ ...used(5_000 + 0.9 * 2_000 * cores), 'proc/stat': stat(1_010, 9_190) });
  const sample = load.sample(12_000);
  expect(sample).toMatchObject({ cores, limitedBy: 'container', memoryTotalBytes: memoryBytes ?? totalmem() });
  expect(sample?.percent).toBeCloseTo(90, 6);
  expect(sample?.memoryAvailableBytes).toBeLessThanOrEqual(availableBytes ?? totalmem());
  if (availableBytes !== undefined) {
    expect(sample?.memoryAvailableBytes).toBe(availableBytes);
  }

  root.write({ ...used(5_000 + (0.9 + 0.1) * 2_000 * cores), 'proc/stat': stat(1_110, 9_290) });
  expect(load.sample(14_000)).toMatchObject({ percent: 50, cores, limitedBy: 'machine' }); // The machine is busier than the container.
});

test('without a limit the machine counts', () => {
  root = new FakeRoot({ 'proc/self/cgroup': '0::/\n', 'proc/self/mountinfo': unifiedMount(), 'sys/fs/cgroup/cpu.max': 'max 100000\n', 'sys/fs/cgroup/memory.max': 'max\n', 'proc/stat': stat(0, 0), 'proc/self/status': status });
  root.write({ 'sys/fs/cgroup/cpu.stat': 'usage_usec 1\n' });
  const load = new MachineLoad({ root: root.path });
  load.sample(0);
  root.write({ 'proc/stat': stat(50, 150), 'sys/fs/cgroup/cpu.stat': 'usage_usec 9999999\n' });
  expect(load.sample(2_000)).toMatchObject({ percent: 25, cores: 4, limitedBy: 'machine', memoryTotalBytes: totalmem() });
});

test('a limit that is set, and one of another group that this process is put into, hold from the next sample but one', () => {
  root = new FakeRoot({ 'proc/self/cgroup': '0::/a\n', 'proc/self/mountinfo': unifiedMount(), 'proc/self/status': status, 'sys/fs/cgroup/a/cpu.max': 'max 100000\n', 'sys/fs/cgroup/a/cpu.stat': 'usage_usec 0\n' });
  const load = new MachineLoad({ root: root.path });
  let second = 0;
  const after = (files: Readonly<Record<string, string>>): MachineSample | undefined => {
    second += 1;
    root.write({ ...files, 'proc/stat': stat(0, 100 * second) });
    return load.sample(1_000 * second);
  };
  after({});
  expect(after({ 'sys/fs/cgroup/a/cpu.stat': 'usage_usec 1000000\n' })).toMatchObject({ percent: 0, cores: 4 });
  expect(after({ 'sys/fs/cgroup/a/cpu.max': '200000 100000\n' })).toMatchObject({ percent: 0, cores: 2 }); // No usage to compare with yet.
  expect(after({ 'sys/fs/cgroup/a/cpu.stat': 'usage_usec 2000000\n' })).toMatchObject({ percent: 50, cores: 2 });

  root.remove('sys/fs/cgroup/a');
  expect(after({ 'proc/self/cgroup': '0::/b\n', 'sys/fs/cgroup/b/cpu.max': '100000 100000\n', 'sys/fs/cgroup/b/cpu.stat': 'usage_usec 0\n' })).toMatchObject({ percent: 0, cores: 1 });
  expect(after({ 'sys/fs/cgroup/b/cpu.stat': 'usage_usec 700000\n' })).toMatchObject({ percent: 70, cores: 1, limitedBy: 'container' });

  root.remove('sys/fs/cgroup/b');
  expect(after({})).toMatchObject({ percent: 0, cores: 4, limitedBy: 'machine' });
});

test('a burst beyond the limit is 100 percent, and time that counts backwards is no time', () => {
  root = new FakeRoot({ 'proc/self/cgroup': '0::/\n', 'proc/self/mountinfo': unifiedMount(), 'proc/self/status': status, 'sys/fs/cgroup/cpu.max': '100000 100000\n', 'sys/fs/cgroup/cpu.stat': 'usage_usec 0\n', 'proc/stat': stat(100, 100) });
  const load = new MachineLoad({ root: root.path });
  load.sample(0);
  root.write({ 'sys/fs/cgroup/cpu.stat': 'usage_usec 1500000\n', 'proc/stat': stat(200, 200) });
  const busy = load.sample(1_000);
  expect(busy).toMatchObject({ percent: 100, limitedBy: 'container' });
  expect(load.sample(1_000)).toEqual(busy);
  root.write({ 'proc/stat': stat(200, 199) });
  expect(load.sample(2_000)).toEqual(busy);
});

test('without /proc what the system tells counts', () => {
  root = new FakeRoot();
  const load = new MachineLoad({ root: root.path });
  load.sample();
  const endMs = performance.now() + 60;
  while (performance.now() < endMs); // Some ticks of work.
  const sample = load.sample();
  expect(sample).toMatchObject({ cores: cpus().length, limitedBy: 'machine', memoryTotalBytes: totalmem() });
  expect(sample?.percent).toBeGreaterThan(0);
  expect(sample?.percent).toBeLessThanOrEqual(100);
});
