import { describe, expect, test } from '@jest/globals';
import type { EquippedFfmpeg } from '../../../src/ffmpeg/find-ffmpeg.js';
import { presetTable } from '../../../src/ffmpeg/hardware/presets.js';
import { findTargets, type TargetQuestion } from '../../../src/ffmpeg/hardware/targets.js';
import { checksFor } from '../../../src/ffmpeg/hardware/trials.js';
import { presetOrder } from '../../../src/policy/hardware-choice.js';

const everything = {
  encoders: new Set(['libx264', 'h264_nvenc', 'h264_qsv', 'h264_vaapi', 'h264_videotoolbox', 'h264_amf', 'h264_v4l2m2m', 'h264_rkmpp']),
  decoders: new Set(['h264', 'hevc', 'h264_qsv', 'hevc_qsv', 'h264_v4l2m2m', 'h264_rkmpp', 'hevc_rkmpp']),
  hwaccels: new Set(['cuda', 'qsv', 'vaapi', 'videotoolbox', 'd3d11va', 'rkmpp']),
};

function ffmpeg(name: string, libavutilMajor = 58, abilities: EquippedFfmpeg['abilities'] = everything): EquippedFfmpeg {
  return { path: `/opt/${name}`, version: '6.0', libavutilMajor, origin: name, abilities, file: { path: `/opt/${name}`, bytes: 1, modifiedMs: 1 } };
}

const bare = ffmpeg('bare', 58, { encoders: new Set(['libx264']), decoders: new Set(['h264', 'hevc']), hwaccels: new Set() });

async function ask(question: Partial<TargetQuestion>) {
  const { targets, untried } = await findTargets({ ffmpegs: [ffmpeg('full')], wanted: 'auto', platform: 'darwin', ...question });
  return {
    targets: targets.map(({ ffmpeg: { origin }, preset, device, claims }) => [origin, preset.name, device ?? '', claims.join(', ')].join(' | ')),
    untried: untried.map(({ preset, because }) => `${preset.name}: ${because}`),
  };
}

describe('what is tried', () => {
  test('is what this system may have, by every FFmpeg that was built for it', async () => {
    expect(await ask({ ffmpegs: [bare, ffmpeg('full'), ffmpeg('other')] })).toEqual({
      targets: ['full | videotoolbox |  | decode h264, decode hevc, encode', 'other | videotoolbox |  | decode h264, decode hevc, encode'],
      untried: [],
    });
    expect((await ask({ platform: 'win32' })).targets.map((line) => line.split(' | ')[1])).toEqual(['nvidia', 'qsv', 'amf']);
  });

  test('is not what no FFmpeg was built for, and the reason is kept', async () => {
    expect(await ask({ ffmpegs: [bare] })).toEqual({ targets: [], untried: ['videotoolbox: no FFmpeg here was built for it'] });
  });

  test('is only the half that the FFmpeg was built for', async () => {
    const decodes = ffmpeg('decodes', 58, { ...everything, encoders: new Set(['libx264']) });
    const encodes = ffmpeg('encodes', 58, { ...everything, hwaccels: new Set() });
    expect((await ask({ ffmpegs: [decodes, encodes] })).targets).toEqual(['decodes | videotoolbox |  | decode h264, decode hevc', 'encodes | videotoolbox |  | encode']);
  });

  test('is not a decoder that is known to be broken in this FFmpeg, even when it is named', async () => {
    const claims = async (libavutilMajor: number) => (await ask({ wanted: 'v4l2m2m', platform: 'linux', ffmpegs: [ffmpeg('full', libavutilMajor)] })).targets.map((line) => line.split(' | ')[3]);
    expect(await claims(58)).toEqual(['decode h264, encode']);
    expect(await claims(59)).toEqual(['encode']);
  });

  test('is what the user names, whatever is missing, and nothing else', async () => {
    expect(await ask({ wanted: 'vaapi', ffmpegs: [bare], device: '/dev/dri/renderD199', platform: 'linux' })).toEqual({
      targets: ['bare | vaapi | /dev/dri/renderD199 | decode h264, decode hevc, encode'],
      untried: [],
    });
  });

  test('is only the device that the user names, by what can use such a device', async () => {
    expect(await ask({ platform: 'win32', device: '1' })).toEqual({
      targets: ['full | nvidia | 1 | decode h264, decode hevc, encode', 'full | amf | 1 | decode h264, decode hevc, encode'],
      untried: ['qsv: the option "hardwareDevice" names another kind of device'],
    });
    const { untried } = await ask({ platform: 'linux', device: '/dev/dri/renderD199' });
    expect(untried.slice(0, 3)).toEqual(['nvidia: the option "hardwareDevice" names another kind of device', 'qsv: there is no /dev/dri/renderD199', 'vaapi: there is no /dev/dri/renderD199']);
  });
});

test('every preset but software has its place in the order of preference', () => {
  expect([...presetOrder, 'software'].sort()).toEqual(Object.keys(presetTable).sort());
});

test('what builds on something else is tried only of hardware that claims all of it', () => {
  expect(checksFor(['encode'])).toEqual(['encode', 'record h264 encode', 'record hevc encode']);
  expect(checksFor(['decode hevc'])).toEqual(['decode hevc', 'record hevc decode']);
  expect(checksFor(['decode h264', 'encode'])).toEqual(['decode h264', 'encode', 'record h264 both', 'record h264 encode', 'record h264 decode', 'record hevc encode']);
  expect(checksFor([])).toEqual([]);
});
