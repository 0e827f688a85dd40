import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { parseDrmClient } from '../../../src/resources/measure/drm-clients.js';
import { GpuUsage, type GpuSample } from '../../../src/resources/measure/gpu-usage.js';
import { nvidiaQuestions, parseNvidiaSmi } from '../../../src/resources/measure/nvidia-smi.js';
import { FakeRoot } from './fake-root.js';

let root: FakeRoot;
let usage: GpuUsage;
afterEach(() => {
  usage[Symbol.dispose]();
  root[Symbol.dispose]();
});

function openRoot(nvidiaSmi?: string): void {
  root = new FakeRoot();
  usage = new GpuUsage({ root: root.path, nvidiaSmi: nvidiaSmi ?? join(root.path, 'nvidia-smi') });
}

/** A process has the graphics device open under these numbers. */
function opens(pid: number, ...files: readonly number[]): void {
  for (const file of files) {
    root.link(`proc/${pid}/fd/${file}`, '/dev/dri/renderD128');
  }
}

const seconds = (value: number): string => String(value * 1e9);
const i915 = (client: number, video: number, render: number): string => `pos:\t0\nflags:\t02100002\ndrm-driver:\ti915\ndrm-client-id:\t${client}\ndrm-pdev:\t0000:00:02.0\ndrm-total-system0:\t12 MiB
drm-engine-render:\t${seconds(render)} ns\ndrm-engine-copy:\t0 ns\ndrm-engine-video:\t${seconds(video)} ns\ndrm-engine-capacity-video:\t2\ndrm-engine-video-enhance:\t0 ns\n`;

test('Intel, i915: the busiest kind of engine, by all our processes, each client once', () => {
  openRoot();
  opens(100, 5, 6);
  opens(200, 7);
  root.link('proc/100/fd/0', 'pipe:[1]');
  root.write({ 'proc/100/fdinfo/0': 'pos:\t0\n', 'proc/100/fdinfo/5': i915(1, 10, 1), 'proc/100/fdinfo/6': i915(1, 10, 1), 'proc/200/fdinfo/7': i915(2, 50, 1) });
  expect(usage.sample({ pids: [100, 200, 300], nvidia: false }, 0)).toEqual([]);
  root.write({ 'proc/100/fdinfo/5': i915(1, 14, 2), 'proc/100/fdinfo/6': i915(1, 14, 2), 'proc/200/fdinfo/7': i915(2, 56, 1) });
  expect(usage.sample({ pids: [100, 200, 300], nvidia: false }, 9_999)).toEqual([]);
  expect(usage.sample({ pids: [100, 200, 300], nvidia: false }, 10_000)).toEqual([{ label: 'i915 0000:00:02.0', busyPercent: 50 }]); // 10 s of video by two engines.
  root.remove('proc/200');
  root.write({ 'proc/100/fdinfo/5': i915(1, 14, 2.5), 'proc/100/fdinfo/6': i915(1, 14, 2.5) });
  expect(usage.sample({ pids: [100, 200], nvidia: false }, 20_000)).toEqual([{ label: 'i915 0000:00:02.0', busyPercent: 5 }]);
  expect(usage.sample({ pids: [], nvidia: false }, 20_001)).toEqual([]);
});

test('Intel, xe: cycles of the engine are its clock', () => {
  openRoot();
  opens(100, 5);
  const xe = (busy: number, all: number): string => `drm-driver:\txe\ndrm-client-id:\t3\ndrm-pdev:\t0000:03:00.0\ndrm-resident-vram0:\t23992 KiB\ndrm-cycles-rcs:\t0\ndrm-total-cycles-rcs:\t${all}\ndrm-cycles-vcs:\t${busy}\ndrm-total-cycles-vcs:\t${all}\ndrm-engine-capacity-vcs:\t2\n`;
  root.write({ 'proc/100/fdinfo/5': xe(1_000, 100_000) });
  usage.sample({ pids: [100], nvidia: false }, 0);
  root.write({ 'proc/100/fdinfo/5': xe(21_000, 200_000) });
  expect(usage.sample({ pids: [100], nvidia: false }, 33_000)).toEqual([{ label: 'xe 0000:03:00.0', busyPercent: 10 }]);
});

test('AMD: the card as a whole, and the decoder and encoder as our processes use them', () => {
  openRoot();
  opens(100, 5);
  root.link('sys/class/drm/card1/device', '../../../devices/0000:03:00.0');
  root.write({ 'sys/devices/0000:03:00.0/gpu_busy_percent': '37\n', 'sys/devices/0000:03:00.0/mem_info_vram_used': '268435456\n', 'sys/class/drm/card1-HDMI-A-1/status': 'connected\n', 'sys/class/drm/version': 'drm 1.1.0\n' });
  const amd = (dec: number, enc: number): string => `drm-driver:\tamdgpu\ndrm-client-id:\t9\ndrm-pdev:\t0000:03:00.0\ndrm-memory-vram:\t1 KiB\ndrm-engine-gfx:\t0 ns\ndrm-engine-dec:\t${seconds(dec)} ns\ndrm-engine-enc:\t${seconds(enc)} ns\n`;
  root.write({ 'proc/100/fdinfo/5': amd(1, 1) });
  const card = { label: 'amdgpu 0000:03:00.0', busyPercent: 37, memoryBytes: 268_435_456 };
  expect(usage.sample({ pids: [100], nvidia: false }, 0)).toEqual([card]);
  root.write({ 'proc/100/fdinfo/5': amd(2, 6) });
  expect(usage.sample({ pids: [100], nvidia: false }, 10_000)).toEqual([{ ...card, decoderPercent: 10, encoderPercent: 50 }]);
  root.write({ 'sys/devices/0000:03:00.0/power/runtime_status': 'suspended\n' });
  root.remove('proc/100');
  expect(usage.sample({ pids: [100], nvidia: false }, 20_000)).toEqual([]); // To ask it would wake it.
});

test.each(['', 'pos:\t0\nflags:\t0\n', 'drm-driver:\tvc4\n', 'drm-client-id:\t7\n'])('a file that is no client of a graphics device (%j) tells nothing', (text) => {
  openRoot();
  expect(parseDrmClient(text)).toBeUndefined();
});

/** A program in place of NVIDIA's, which notes each start. */
function nvidiaSmi(script: string): void {
  const path = join(root.path, 'nvidia-smi');
  root.write({ 'nvidia-smi': `#!/bin/sh\necho "$*" >> '${root.path}/starts'\n${script}\n`, starts: '' });
  chmodSync(path, 0o755);
}
const starts = (): readonly string[] => readFileSync(join(root.path, 'starts'), 'utf8').split('\n').slice(0, -1);
const users = { pids: [100], nvidia: true };

/** Asks again until it is as expected, at the same moment of the fake time. */
async function sampleWhen(nowMs: number, done: (samples: readonly GpuSample[]) => boolean): Promise<readonly GpuSample[]> {
  for (;;) {
    const samples = usage.sample(users, nowMs);
    if (done(samples)) {
      return samples;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('NVIDIA is asked only while it is used, in the background, every 30 s', async () => {
  openRoot();
  nvidiaSmi(`echo '17, 512, 9, [N/A], NVIDIA GeForce RTX 3060'`);
  expect(usage.sample({ pids: [100], nvidia: false }, 0)).toEqual([]);
  expect(usage.sample(users, 0)).toEqual([]);
  expect(await sampleWhen(0, ({ length }) => length > 0)).toEqual([{ label: 'NVIDIA GeForce RTX 3060', busyPercent: 17, memoryBytes: 536_870_912, decoderPercent: 9 }]);
  usage.sample(users, 29_999);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(starts()).toEqual(['--query-gpu=utilization.gpu,memory.used,utilization.decoder,utilization.encoder,name --format=csv,noheader,nounits']);
  await sampleWhen(30_000, () => starts().length === 2);
});

test('an old driver that refuses the question is asked for less', async () => {
  openRoot();
  nvidiaSmi(`case $1 in *decoder*) echo 'Field "utilization.decoder" is not a valid field to query.'; exit 2 ;; esac; echo '3, 20, Tesla T4'`);
  expect(await sampleWhen(0, ({ length }) => length > 0)).toEqual([{ label: 'Tesla T4', busyPercent: 3, memoryBytes: 20_971_520 }]);
  expect(starts()).toHaveLength(2);
});

test('one that fails three times in a row is left alone, and its figures are not kept', async () => {
  openRoot();
  nvidiaSmi(`[ -e "$0.broken" ] && exit 9; echo '3, 20, 0, 0, Tesla T4'`);
  await sampleWhen(0, ({ length }) => length > 0);
  root.write({ 'nvidia-smi.broken': '' });
  for (const round of [1, 2, 3]) {
    await sampleWhen(round * 30_000, () => starts().length === 1 + round);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await sampleWhen(90_000, ({ length }) => length === 0)).toEqual([]);
  usage.sample(users, 900_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(starts()).toHaveLength(4);
});

test('without the program there are no figures, and no error', async () => {
  openRoot('nvidia-smi-that-is-not-there');
  for (const nowMs of [0, 30_000, 60_000, 90_000]) {
    expect(usage.sample(users, nowMs)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test('two cards, and a name with a comma', () => {
  openRoot();
  const [question = []] = nvidiaQuestions;
  expect(parseNvidiaSmi('1, 2, 3, 4, Card, big\n[Not Supported], 5, 6, 7, Other\n\n', question)).toEqual([
    { label: 'Card, big', busyPercent: 1, memoryBytes: 2_097_152, decoderPercent: 3, encoderPercent: 4 },
    { label: 'Other', memoryBytes: 5_242_880, decoderPercent: 6, encoderPercent: 7 },
  ]);
  expect(parseNvidiaSmi('No devices were found\n', question)).toEqual([]);
});
