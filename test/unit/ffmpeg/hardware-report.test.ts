import { expect, test } from '@jest/globals';
import type { EquippedFfmpeg } from '../../../src/ffmpeg/find-ffmpeg.js';
import { presetTable, type PresetName } from '../../../src/ffmpeg/hardware/presets.js';
import type { TriedTarget } from '../../../src/ffmpeg/hardware/probe-round.js';
import { choiceLine, hardwareStatus, reportTable, whyUnusable } from '../../../src/ffmpeg/hardware/report.js';
import { allChecks } from '../../../src/ffmpeg/hardware/trials.js';
import { ranked, type HardwareCheck, type SetAside } from '../../../src/policy/hardware-choice.js';

const ffmpeg: EquippedFfmpeg = {
  path: 'ffmpeg',
  version: '7.1',
  libavutilMajor: 59,
  origin: 'PATH',
  abilities: { encoders: new Set(), decoders: new Set(), hwaccels: new Set() },
  file: { path: '/usr/bin/ffmpeg', bytes: 1, modifiedMs: 1 },
};

/** What is not named in `fails` works. */
function tried(name: PresetName, fails: Partial<Record<HardwareCheck, string>> = {}, device?: string, missing?: string): TriedTarget {
  const preset = presetTable[name];
  const outcomes = new Map(allChecks.map((check) => [check, fails[check] === undefined ? ({ works: true } as const) : ({ works: false, because: fails[check] } as const)]));
  const works = new Set(allChecks.filter((check) => outcomes.get(check)?.works));
  const target = { ffmpeg, preset, claims: [], ...(device === undefined ? {} : { device }), ...(missing === undefined ? {} : { missing }) };
  return { preset: name, label: preset.label, device, works, target, outcomes };
}

function statusOf(all: readonly TriedTarget[], setAside: readonly SetAside[] = []) {
  const untried = [{ preset: presetTable.qsv, because: 'no FFmpeg here was built for it' }];
  return hardwareStatus({ kind: 'known', hardware: ranked(all), setAside, nowMs: 1_000 }, { tried: all, untried });
}

const everyCheck = (because: string) => Object.fromEntries(allChecks.map((check) => [check, because]));
const noSession = 'OpenEncodeSessionEx failed';
const onlyDecodes = Object.fromEntries(allChecks.filter((check) => check === 'encode' || /both|encode/.test(check)).map((check) => [check, noSession]));

test('the table says what was tried, what works, what was chosen, by which FFmpeg and why', () => {
  expect(reportTable(statusOf([tried('nvidia', onlyDecodes), tried('vaapi', everyCheck('No VA display found'), '/dev/dri/renderD128', 'no device')])).split('\n')).toEqual([
    'Graphics hardware, just tried:',
    '  NVIDIA, FFmpeg 7.1 from PATH:',
    '    works: decoding H.264, decoding HEVC, recordings of H.264 (decoding only), recordings of HEVC (decoding only)',
    '    fails: encoding H.264, recordings of H.264, recordings of HEVC: OpenEncodeSessionEx failed',
    '  VAAPI (Intel, AMD) on /dev/dri/renderD128, FFmpeg 7.1 from PATH:',
    '    no device',
    '    fails: decoding H.264, decoding HEVC, encoding H.264, recordings of H.264, recordings of HEVC: No VA display found',
    '  Intel Quick Sync: not tried, no FFmpeg here was built for it',
    '  Chosen: NVIDIA for decoding, software for encoding, NVIDIA and software for recordings.',
    '    by FFmpeg 7.1 from PATH',
    '    software because: no graphics hardware here encodes H.264',
  ]);
});

test('the choice in one line', () => {
  expect(choiceLine(statusOf([tried('nvidia')]))).toBe('NVIDIA for everything');
  expect(choiceLine(statusOf([]))).toBe('software for everything');
  expect(choiceLine(statusOf([tried('vaapi', { 'decode hevc': 'no', 'record hevc both': 'no', 'record hevc decode': 'no' })]))).toBe(
    'VAAPI (Intel, AMD) (H.264) or software (HEVC) for decoding, VAAPI (Intel, AMD) for encoding, VAAPI (Intel, AMD) (H.264) or software and VAAPI (Intel, AMD) (HEVC) for recordings',
  );
});

test('what is set aside is shown as such, for the rest of its time, and all of it can be written as JSON', () => {
  const status = statusOf([tried('nvidia')], [
    { preset: 'nvidia', role: 'encode', times: 1, untilMs: 61_000, because: 'device lost' },
    { preset: 'nvidia', role: 'decode', times: 1, untilMs: 500, because: 'long over' },
  ]);
  expect(status.presets[0]?.setAside).toEqual([{ role: 'encode', forSeconds: 60, because: 'device lost' }]);
  expect(status.chosen.encode).toEqual({ by: 'software', because: 'NVIDIA is set aside (device lost)' });
  expect(status.chosen['record h264'].by).toBe('NVIDIA and software');
  expect(JSON.parse(JSON.stringify(status))).toEqual(status);
});

test('hardware is unusable when nothing of it works', () => {
  expect(whyUnusable(statusOf([tried('nvidia', onlyDecodes)]))).toBeUndefined();
  expect(whyUnusable(statusOf([tried('nvidia', everyCheck('Cannot load libcuda.so.1'), undefined, 'no device of this kind in /dev')]))).toBe('NVIDIA: Cannot load libcuda.so.1; no device of this kind in /dev');
  expect(whyUnusable(statusOf([]))).toBe('Intel Quick Sync: no FFmpeg here was built for it');
});
