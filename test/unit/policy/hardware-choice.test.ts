import { describe, expect, test } from '@jest/globals';
import {
  chooseDecoder,
  chooseEncoder,
  chooseForRecording,
  hardwareLimits,
  presetOrder,
  ranked,
  setAsideAfter,
  whySetAside,
  type DecodedStream,
  type HardwareCheck,
  type HardwareKnowledge,
  type HardwareRole,
  type SetAside,
  type TriedHardware,
} from '../../../src/policy/hardware-choice.js';

const all: readonly HardwareCheck[] = [
  'decode h264',
  'decode hevc',
  'encode',
  'record h264 both',
  'record h264 encode',
  'record h264 decode',
  'record hevc both',
  'record hevc encode',
  'record hevc decode',
];
/** A data centre's GPU, which has no encoder; and a Raspberry Pi, whose decoder is not to be used. */
const decoding = all.filter((check) => check.startsWith('decode') || check.endsWith(' decode'));
const encoding = all.filter((check) => check === 'encode' || check.endsWith(' encode'));

function hardware(preset: string, works: readonly HardwareCheck[] = all, device?: string): TriedHardware {
  return { preset, label: preset.toUpperCase(), device, works: new Set(works) };
}

function known(tried: readonly TriedHardware[], setAside: readonly SetAside[] = [], nowMs = 0): HardwareKnowledge<TriedHardware> {
  return { kind: 'known', hardware: ranked(tried), setAside, nowMs };
}

function aside(preset: string, role: HardwareRole, device?: string): SetAside {
  return { preset, device, role, times: 1, untilMs: hardwareLimits.setAsideMs, because: 'it fell over' };
}

const hd: DecodedStream = { codec: 'h264', width: 1920, height: 1080 };
const hdHevc: DecodedStream = { ...hd, codec: 'hevc' };
const picture = { width: 1280, height: 720 };

const nvidia = hardware('nvidia');
const vaapi = hardware('vaapi');

describe('a decoder', () => {
  test.each<[string, DecodedStream, HardwareKnowledge<TriedHardware>, string, string]>([
    ['works', hd, known([nvidia]), 'nvidia', 'NVIDIA decodes H.264, as tried'],
    ['works, for HEVC', hdHevc, known([nvidia]), 'nvidia', 'NVIDIA decodes HEVC, as tried'],
    ['decodes only the other codec', hdHevc, known([hardware('v4l2m2m', ['decode h264'])]), 'software', 'no graphics hardware here decodes HEVC'],
    ['is still being tried', hd, { kind: 'unknown' }, 'software', 'the graphics hardware is still being tried'],
    ['is not wanted', hd, { kind: 'unwanted' }, 'software', 'the option "hardware" wants none'],
    ['is not there', hd, known([]), 'software', 'no graphics hardware here decodes H.264'],
    ['failed at everything', hd, known([hardware('nvidia', [])]), 'software', 'no graphics hardware here decodes H.264'],
    ['can only encode', hd, known([hardware('v4l2m2m', encoding)]), 'software', 'no graphics hardware here decodes H.264'],
    ['can only encode, and another decodes', hd, known([hardware('nvidia', encoding), vaapi]), 'vaapi', 'VAAPI decodes H.264, as tried'],
    ['fell over', hd, known([nvidia], [aside('nvidia', 'decode')]), 'software', 'NVIDIA is set aside (it fell over)'],
    ['fell over, and another is there', hd, known([nvidia, vaapi], [aside('nvidia', 'decode')]), 'vaapi', 'VAAPI decodes H.264, as tried'],
    ['fell over while encoding', hd, known([nvidia], [aside('nvidia', 'encode')]), 'nvidia', 'NVIDIA decodes H.264, as tried'],
    ['is asked for a small stream', { codec: 'h264', width: 640, height: 352 }, known([nvidia]), 'software', '640x352 costs less to decode in software'],
    ['is asked for the smallest that is worth it', { codec: 'h264', width: 360, height: 640 }, known([nvidia]), 'nvidia', 'NVIDIA decodes H.264, as tried'],
    ['is asked for interlaced pictures', { ...hd, interlaced: true }, known([nvidia]), 'software', 'interlaced pictures are put together in software'],
    ['is asked for 4:2:2', { ...hd, profile: 'High 4:2:2' }, known([nvidia]), 'software', 'H.264 High 4:2:2 is more than graphics hardware usually decodes'],
    ['is asked for H.264 of 10 bits', { ...hd, profile: 'High 10' }, known([nvidia]), 'software', 'H.264 High 10 is more than graphics hardware usually decodes'],
    ['is asked for HEVC of 10 bits', { ...hdHevc, profile: 'Main 10' }, known([nvidia]), 'nvidia', 'NVIDIA decodes HEVC, as tried'],
    ['is asked for HEVC of 4:2:2', { ...hdHevc, profile: 'Range Extensions' }, known([nvidia]), 'software', 'HEVC Range Extensions is more than graphics hardware usually decodes'],
    ['is asked for a usual profile', { ...hd, profile: 'Constrained Baseline' }, known([nvidia]), 'nvidia', 'NVIDIA decodes H.264, as tried'],
    ['is not wanted, and the stream is small', { codec: 'h264', width: 64, height: 64 }, { kind: 'unwanted' }, 'software', 'the option "hardware" wants none'],
  ])('that %s', (_what, stream, knowledge, by, because) => {
    const choice = chooseDecoder(stream, knowledge);
    expect([choice.use?.preset ?? 'software', choice.because]).toEqual([by, because]);
  });
});

describe('an encoder', () => {
  test.each<[string, { width: number; height: number }, HardwareKnowledge<TriedHardware>, string, string]>([
    ['works', picture, known([nvidia]), 'nvidia', 'NVIDIA encodes H.264, as tried'],
    ['is missing on a GPU that decodes', picture, known([hardware('nvidia', decoding)]), 'software', 'no graphics hardware here encodes H.264'],
    ['works for a small live view too', { width: 320, height: 180 }, known([nvidia]), 'nvidia', 'NVIDIA encodes H.264, as tried'],
    ['is asked for less than some can', { width: 100, height: 180 }, known([nvidia]), 'software', '100x180 is smaller than hardware encoders take'],
    ['fell over', picture, known([nvidia], [aside('nvidia', 'encode')]), 'software', 'NVIDIA is set aside (it fell over)'],
    ['fell over on another device', picture, known([hardware('vaapi', all, '/dev/dri/renderD128'), hardware('vaapi', all, '/dev/dri/renderD129')], [aside('vaapi', 'encode', '/dev/dri/renderD128')]), 'vaapi', 'VAAPI encodes H.264, as tried'],
    ['is still being tried', picture, { kind: 'unknown' }, 'software', 'the graphics hardware is still being tried'],
  ])('that %s', (_what, size, knowledge, by, because) => {
    const choice = chooseEncoder(size, knowledge);
    expect([choice.use?.preset ?? 'software', choice.because]).toEqual([by, because]);
  });
});

describe('the conversion of a recording', () => {
  const converts = 'NVIDIA converts recordings from H.264, as tried';
  test.each<[string, DecodedStream, HardwareKnowledge<TriedHardware>, [string, string], [string, string]]>([
    ['by hardware that does both', hd, known([nvidia]), ['nvidia', converts], ['nvidia', converts]],
    ['by hardware that does both, each only by itself', hd, known([hardware('nvidia', all.filter((check) => check !== 'record h264 both'))]),
      ['software', 'NVIDIA does not decode beside NVIDIA'], ['nvidia', converts]],
    ['by hardware that only decodes', hd, known([hardware('nvidia', decoding)]), ['nvidia', converts], ['software', 'no graphics hardware here can encode recordings from H.264']],
    ['by hardware that only encodes', hd, known([hardware('nvidia', encoding)]), ['software', 'no graphics hardware here can decode recordings from H.264'], ['nvidia', converts]],
    ['by the one that does both before the one that does half', hd, known([hardware('nvidia', decoding), vaapi]), ['vaapi', 'VAAPI converts recordings from H.264, as tried'], ['vaapi', 'VAAPI converts recordings from H.264, as tried']],
    ['from interlaced pictures', { ...hd, interlaced: true }, known([nvidia]), ['software', 'interlaced pictures are put together in software'], ['nvidia', converts]],
    ['when the encoder fell over', hd, known([nvidia], [aside('nvidia', 'encode')]), ['nvidia', converts], ['software', 'NVIDIA is set aside (it fell over)']],
    ['when the decoder fell over', hd, known([nvidia], [aside('nvidia', 'decode')]), ['software', 'NVIDIA is set aside (it fell over)'], ['nvidia', converts]],
    ['when both fell over', hd, known([nvidia], [aside('nvidia', 'decode'), aside('nvidia', 'encode')]), ['software', 'NVIDIA is set aside (it fell over)'], ['software', 'NVIDIA is set aside (it fell over)']],
    ['from a small stream', { codec: 'h264', width: 480, height: 270 }, known([nvidia]), ['software', '480x270 costs less to decode in software'], ['nvidia', converts]],
    ['of what works one by one, but never together', hdHevc, known([hardware('nvidia', ['decode hevc', 'encode'])]),
      ['software', 'no graphics hardware here can decode recordings from HEVC'], ['software', 'no graphics hardware here can encode recordings from HEVC']],
    ['while it is being tried', hd, { kind: 'unknown' }, ['software', 'the graphics hardware is still being tried'], ['software', 'the graphics hardware is still being tried']],
  ])('%s', (_what, stream, knowledge, decode, encode) => {
    const choice = chooseForRecording(stream, picture, knowledge);
    expect([choice.decode.use?.preset ?? 'software', choice.decode.because]).toEqual(decode);
    expect([choice.encode.use?.preset ?? 'software', choice.encode.because]).toEqual(encode);
  }); // prettier-ignore

  test('never mixes two kinds of hardware in one FFmpeg', () => {
    const { decode, encode } = chooseForRecording(hd, picture, known([hardware('nvidia', decoding), hardware('vaapi', encoding)]));
    expect([decode.use?.preset, encode.use?.preset].filter((preset) => preset !== undefined)).toHaveLength(1);
  });
});

test('hardware is preferred in the order of the presets, and of one kind the device and FFmpeg that do most', () => {
  const half = hardware('vaapi', decoding, '/dev/dri/renderD128');
  const whole = hardware('vaapi', all, '/dev/dri/renderD129');
  const order = ranked([half, whole, ...[...presetOrder].reverse().filter((name) => name !== 'vaapi').map((name) => hardware(name)), hardware('amf', [])]);
  expect(order.map(({ preset, device }) => `${preset} ${device ?? ''}`.trim())).toEqual(['nvidia', 'qsv', 'vaapi /dev/dri/renderD129', 'vaapi /dev/dri/renderD128', 'videotoolbox', 'amf', 'v4l2m2m', 'rkmpp']);
});

describe('what fell over is set aside', () => {
  const failure = { preset: 'nvidia', role: 'encode', because: 'out of memory' } as const;

  test('for ten minutes, and then asked again', () => {
    const setAside = setAsideAfter([], failure, 1_000);
    const at = (nowMs: number) => chooseEncoder(picture, known([nvidia], setAside, nowMs)).use?.preset ?? 'software';
    expect(at(1_000)).toBe('software');
    expect(at(1_000 + 599_999)).toBe('software');
    expect(at(1_000 + 600_000)).toBe('nvidia');
  });

  test('twice as long each time that it fails again, up to six hours; and ten minutes again after a day without a failure', () => {
    const spans: number[] = [];
    let setAside: SetAside[] = [];
    let nowMs = 0;
    for (let time = 0; time < 8; time++) {
      setAside = setAsideAfter(setAside, failure, nowMs);
      setAside = setAsideAfter(setAside, failure, nowMs + 50); // Another view, at the same time.
      const untilMs = setAside[0]?.untilMs ?? 0;
      spans.push(Math.round((untilMs - nowMs - 50) / 60_000));
      nowMs = untilMs + 1_000;
    }
    expect(spans).toEqual([10, 20, 40, 80, 160, 320, 360, 360]);
    expect(setAsideAfter(setAside, failure, nowMs + 86_400_000)).toEqual([{ ...failure, times: 1, untilMs: nowMs + 86_400_000 + 600_000 }]);
  });

  test('once for each role, with the newest reason; what was long ago is forgotten', () => {
    const first = setAsideAfter(setAsideAfter([], failure, 0), { ...failure, role: 'decode' }, 1_000);
    const second = setAsideAfter(first, { ...failure, because: 'device lost' }, 5_000);
    expect(second).toHaveLength(2);
    expect(whySetAside(nvidia, 'encode', second, 5_001)).toEqual({ ...failure, because: 'device lost', untilMs: 605_000, times: 1 });
    expect(setAsideAfter(second, { ...failure, preset: 'vaapi' }, 90_000_000)).toHaveLength(1);
  });
});
