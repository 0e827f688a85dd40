import { execFileSync } from 'node:child_process';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { findFfmpeg, type Ffmpeg } from '../../src/ffmpeg/find-ffmpeg.js';
import { canDecode, presetTable, type HardwarePreset } from '../../src/ffmpeg/hardware/presets.js';
import type { HardwareUse } from '../../src/ffmpeg/hardware/requests.js';
import { decodeArguments, encodeArguments, recordingConversionArguments } from '../../src/ffmpeg/hardware/video-arguments.js';
import { loadFootage } from '../support/camera/footage.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { asFmp4, runFfmpeg, tryFfmpeg, unitsOf } from '../support/video-runs.js';

/**
 * The options of hardware that is not here are checked against what this FFmpeg says of itself, and tried: it must miss the device,
 * not an option or a filter. Presets that it was not built with are passed over.
 */

const listed = { encoders: ask('-encoders'), decoders: ask('-decoders'), hwaccels: ask('-hwaccels'), filters: ask('-filters') };
const isListed = (name: string | undefined, list: string): boolean => name === undefined || list.split(/\s+/).includes(name);
const presets = Object.values(presetTable).filter(({ name }) => name !== 'software');
const withEncoder = presets.filter(({ needs }) => isListed(needs.encoder, listed.encoders));
const withDecoder = presets.filter(({ needs }) => isListed(needs.hwaccel, listed.hwaccels) && isListed(needs.decoders.h264, listed.decoders));

let ffmpeg: Ffmpeg;
let camera: Buffer;
let pictures: Buffer;

beforeAll(async () => {
  ({ ffmpeg } = await findFfmpeg([{ origin: 'test', path: ffmpegPath }]));
  camera = await asFmp4(unitsOf(await loadFootage(smallFootage, ffmpegPath)).slice(0, 60));
  pictures = await runFfmpeg(decodeArguments(use(presetTable.software), decoding), camera);
}, 120_000);

const decoding = { codec: 'h264', sourceWidth: 640, sourceHeight: 360, width: 320, height: 180 } as const;
const encoding = { sourceWidth: 320, sourceHeight: 180, width: 320, height: 180, fps: 30, bitrateKbps: 300, profile: 'baseline', level: '4.0' } as const;
const recording = { ...decoding, bitrateKbps: 500, profile: 'main', level: '3.2', maxFps: 15, keyframeSeconds: 3.95, fromSeconds: 0.5 } as const;

function use(preset: HardwarePreset): HardwareUse {
  return { preset, ffmpeg };
}

function ask(...args: string[]): string {
  return execFileSync(ffmpegPath, ['-hide_banner', ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** Each option with the words that its value may be; none where it takes a number or a text. */
function optionsIn(help: string): Map<string, string[]> {
  const options = new Map<string, string[]>();
  let words: string[] = [];
  for (const line of help.split('\n')) {
    const [, option] = /^ {1,3}-?(\w[\w-]*)\s+<\w+>/.exec(line) ?? [];
    const [, word] = /^ {5,}(\S+)\s/.exec(line) ?? [];
    if (option !== undefined) {
      words = [];
      options.set(option, words);
    } else if (word !== undefined) {
      words.push(word);
    }
  }
  return options;
}

describe.each(withEncoder.map((preset) => [preset.name, preset] as const))('%s encodes', (_name, preset) => {
  const args = (): string[] => encodeArguments(use(preset), encoding);

  test('every option and every word is known to the encoder', () => {
    const general = optionsIn(/^AVCodecContext AVOptions:$.*?^$/ms.exec(ask('-h', 'full'))?.[0] ?? '');
    const known = new Map([...general, ...optionsIn(ask('-h', `encoder=${preset.needs.encoder}`))]);
    const all = args();
    const own = all.slice(all.indexOf(preset.needs.encoder) + 1, all.indexOf('-force_key_frames'));
    expect(own.length).toBeGreaterThan(8);
    for (let index = 0; index < own.length; index += 2) {
      const [option = '', value = ''] = own.slice(index, index + 2);
      const words = known.get(option.slice(1).replace(/:v$/, ''));
      expect([option, words === undefined ? 'unknown' : 'known']).toEqual([option, 'known']);
      expect([option, words?.length === 0 || words?.includes(value.replace('+', '')) === true || /^\d/.test(value) ? value : `none of ${words?.join() ?? ''}`]).toEqual([option, value]);
    }
  });

  test.each([
    ['as it is', (all: readonly string[]): readonly string[] => all],
    // So that FFmpeg gets as far as the encoder.
    ['without its device', (all: readonly string[]): readonly string[] => all.filter((arg, index) => !isDeviceOption(arg) && !isDeviceOption(all[index - 1]))],
  ] as const)('%s it misses the hardware, not an option', async (_how, change) => {
    expectNoHardware(await tryFfmpeg(change(args()), pictures));
  });
});

describe.each(withDecoder.map((preset) => [preset.name, preset] as const))('%s decodes', (_name, preset) => {
  test('every option of its filter is known', () => {
    const { scaler } = preset.decoding;
    if (scaler && isListed(scaler.filter, listed.filters)) {
      const chain = decodeArguments(use(preset), decoding).join(' ');
      const [, values = ''] = new RegExp(`${scaler.filter}=([^, ]+)`).exec(chain) ?? [];
      const known = optionsIn(ask('-h', `filter=${scaler.filter}`));
      expect(values.split(':').filter((value) => !known.has(value.split('=')[0] ?? ''))).toEqual([]);
      expect(values).toContain('w=320:h=180');
    }
  });

  test('it misses the hardware, not an option', async () => {
    if (canDecode(preset, 'h264', ffmpeg.libavutilMajor)) {
      expectNoHardware(await tryFfmpeg(decodeArguments(use(preset), decoding), camera));
      expectNoHardware(await tryFfmpeg(recordingConversionArguments(use(preset), use(presetTable.software), recording), camera));
      expectNoHardware(await tryFfmpeg(recordingConversionArguments(use(preset), use(preset), recording), camera));
    }
  });
});

test('this FFmpeg has hardware to speak of', () => {
  // Only a build for this platform can be checked; every one for Linux with hardware at all has VAAPI.
  expect(process.platform !== 'linux' || !listed.hwaccels.includes('vaapi') || withEncoder.length > 1).toBe(true);
});

function isDeviceOption(arg: string | undefined): boolean {
  return arg === '-init_hw_device' || arg === '-filter_hw_device';
}

/** On a machine with the hardware it works, which is as good. */
function expectNoHardware({ code, said, output }: { readonly code: number | null; readonly said: string; readonly output: Buffer }): void {
  expect(said).not.toMatch(/option not found|unrecognized option|no such filter|unable to parse|undefined constant|error setting option|invalid argument for option/i);
  expect(code === 0 || output.length === 0 ? 'nothing or all' : 'something').toBe('nothing or all');
  expect(code === 0 || said !== '').toBe(true);
}
