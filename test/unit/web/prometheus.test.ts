import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { HouseStatus } from '../../../src/web/house-status.js';
import { metrics } from '../../../src/web/metrics.js';
import { prometheusText } from '../../../src/web/prometheus.js';
import { cameraOfHouse, emptyHouse } from './made-up-house.js';

const lines = (house: HouseStatus, pattern = /^[^#]/): string[] => prometheusText(house).split('\n').filter((line) => pattern.test(line));
const of = (house: HouseStatus, metric: string): string[] => lines(house, new RegExp(`^camera_hub_${metric}[ {]`));

test('a house with one camera of two streams, the whole text', () => {
  expect(prometheusText({ ...emptyHouse, cameras: [cameraOfHouse()] })).toBe(readFileSync('test/unit/web/one-camera.txt', 'utf8'));
});

test.each([
  ['Gate "north"', 'camera_hub_camera_online{camera="Gate \\"north\\""} 1'],
  ['back\\slash\\', 'camera_hub_camera_online{camera="back\\\\slash\\\\"} 1'],
  ['two\nlines', 'camera_hub_camera_online{camera="two\\nlines"} 1'],
  ['Haustür 🚪 {a="b"}', 'camera_hub_camera_online{camera="Haustür 🚪 {a=\\"b\\"}"} 1'],
])('a camera called %j stays one line', (camera, line) => {
  expect(of({ ...emptyHouse, cameras: [{ ...cameraOfHouse(), camera }] }, 'camera_online')).toEqual([line]);
});

test('two FFmpegs for the same are one sample, as Prometheus takes no two with the same labels', () => {
  const { resources, ...camera } = cameraOfHouse();
  const [encoder] = resources?.ffmpegs.filter(({ role }) => role === 'encode') ?? [];
  const both = { ...resources, ffmpegs: [{ ...encoder, cpuPercent: 29.1 }, { ...encoder, cpuPercent: 0.2 }] };
  const house = { ...emptyHouse, cameras: [{ ...camera, resources: both }] } as HouseStatus;
  const ofGate = (metric: string): string[] => of(house, metric).filter((line) => line.includes('Gate'));
  expect(ofGate('ffmpegs')).toEqual(['camera_hub_ffmpegs{camera="Gate",stream="main",role="encode"} 2']);
  expect(ofGate('ffmpeg_cpu_ratio')).toEqual(['camera_hub_ffmpeg_cpu_ratio{camera="Gate",stream="main",role="encode"} 0.293']);
});

test('what is not known has no line: no NaN, no Infinity, nothing undefined', () => {
  const { streams, ...camera } = cameraOfHouse();
  const broken = { ...streams[0], ringReachMs: Infinity, ringBytes: NaN, picture: undefined };
  const house = { ...emptyHouse, uptimeSeconds: NaN, cameras: [{ ...camera, streams: [broken], resources: undefined, recording: undefined }] } as unknown as HouseStatus;
  expect(of(house, 'stream_live')).toHaveLength(1);
  expect(prometheusText(house)).not.toMatch(/NaN|Inf|undefined|null/);
  for (const metric of ['uptime_seconds', 'stream_ring_bytes', 'stream_ring_seconds', 'stream_width_pixels', 'camera_cpu_ratio', 'camera_recordings']) {
    expect(of(house, metric)).toEqual([]);
  }
});

/** Of the text exposition format 0.0.4. */
const sample = /^([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? -?\d+(\.\d+)?(e-?\d+)?$/;

test('every line is one of the format, and each metric is described and typed before its samples', () => {
  const text = prometheusText({ ...emptyHouse, cameras: [cameraOfHouse(), { ...cameraOfHouse(), camera: 'a "b"' }] });
  expect(text.endsWith('\n')).toBe(true);
  let described: string | undefined;
  let typed: string | undefined;
  for (const line of text.trimEnd().split('\n')) {
    const [, kind, name] = /^# (HELP|TYPE) (\S+) /.exec(line) ?? [];
    if (kind === 'HELP') {
      described = name;
    } else if (kind === 'TYPE') {
      expect(name).toBe(described);
      typed = name;
    } else {
      expect(sample.exec(line)?.[1]).toBe(typed);
    }
  }
  const series = lines({ ...emptyHouse, cameras: [cameraOfHouse(), { ...cameraOfHouse(), camera: 'b' }] }).map((line) => line.slice(0, line.lastIndexOf(' ')));
  expect(new Set(series).size).toBe(series.length);
});

test('counters end in _total, and only they; names are no two the same and stand on the page', () => {
  const page = readFileSync('docs/status.md', 'utf8');
  for (const { name, type, help } of metrics) {
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    expect(name).toMatch(/^[a-z][a-z_]*$/);
    expect(help).toMatch(/^[A-Z0-9].*\.$/);
    expect(page).toContain(`| \`camera_hub_${name}\` | ${type} | ${help} |`);
  }
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
});
