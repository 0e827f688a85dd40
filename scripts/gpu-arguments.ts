/**
 * `npm run gpu-arguments` writes bench/gpu-arguments.txt, which bench/gpu.sh runs where there is a GPU and no Node; `-- --check` says
 * whether it is up to date. One line: the least libavutil major version, preset, step, arguments. A later line of the same preset and
 * step with a higher version takes its place.
 */
import type { HardwareUse } from '../src/ffmpeg/hardware/requests.js';
import { canDecode, presetTable, type HardwarePreset } from '../src/ffmpeg/hardware/presets.js';
import { decodeArguments, encodeArguments, recordingConversionArguments } from '../src/ffmpeg/hardware/video-arguments.js';
import { writeOrCheck } from './generated-file.js';

/** FFmpeg 5, 6, 7 and 8. */
const libavutilMajors = [57, 58, 59, 60];
const codecs = ['h264', 'hevc'] as const;

/** As bench/gpu.sh makes its input. */
const source = { sourceWidth: 1920, sourceHeight: 1080 };
const decoded = { ...source, width: 640, height: 360 };
const encoded = { sourceWidth: 1280, sourceHeight: 720, width: 1280, height: 720, fps: 30, bitrateKbps: 1000, profile: 'high', level: '3.1' } as const;
const recorded = { ...source, width: 1280, height: 720, maxFps: 30, bitrateKbps: 2000, profile: 'high', level: '3.1', keyframeSeconds: 3.95, fromSeconds: 0 } as const;

const software = presetTable.software;

function use(preset: HardwarePreset, libavutilMajor: number): HardwareUse {
  return { preset, ffmpeg: { path: 'ffmpeg', version: '', origin: '', libavutilMajor } };
}

function steps(preset: HardwarePreset, major: number): [step: string, args: readonly string[]][] {
  const decodable = codecs.filter((codec) => canDecode(preset, codec, major));
  const record = (codec: 'h264' | 'hevc', decode: HardwarePreset, encode: HardwarePreset): readonly string[] =>
    recordingConversionArguments(use(decode, major), use(encode, major), { ...recorded, codec });
  return [
    ...decodable.map((codec): [string, readonly string[]] => [`decode-${codec}`, decodeArguments(use(preset, major), { ...decoded, codec })]),
    ['encode', encodeArguments(use(preset, major), encoded)],
    ...decodable.map((codec): [string, readonly string[]] => [`record-${codec}`, record(codec, preset, preset)]),
    ...(preset === software
      ? []
      : [
          ...decodable.map((codec): [string, readonly string[]] => [`record-${codec}-decoder-only`, record(codec, preset, software)]),
          ['record-h264-encoder-only', record('h264', software, preset)] as [string, readonly string[]],
        ]),
  ];
}

function lines(): string[] {
  const known = new Map<string, string>();
  const presets = [software, ...Object.values(presetTable).filter((preset) => preset !== software)];
  return libavutilMajors.flatMap((major) =>
    presets.flatMap((preset) =>
      steps(preset, major).flatMap(([step, args]) => {
        if (args.some((arg) => /\s/.test(arg))) {
          throw new Error(`bench/gpu.sh takes arguments apart at spaces: ${args.join(' ')}`);
        }
        const key = `${preset.name} ${step}`;
        const text = args.join(' ');
        const changed = known.get(key) !== text;
        known.set(key, text);
        return changed ? [`${major} ${key} ${text}\n`] : [];
      }),
    ),
  );
}

writeOrCheck('bench/gpu-arguments.txt', lines().join(''), 'the presets in src/ffmpeg/hardware', 'npm run gpu-arguments');
