import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { presetOrder, videoCodecs, type HardwareCheck } from '../../policy/hardware-choice.js';
import type { FfmpegAbilities } from '../abilities.js';
import type { EquippedFfmpeg } from '../find-ffmpeg.js';
import { canDecode, presetTable, type HardwarePreset, type PresetName } from './presets.js';
import type { HardwareUse } from './requests.js';

/** One kind of hardware on one device by one FFmpeg, worth being tried. */
export interface HardwareTarget extends HardwareUse {
  readonly ffmpeg: EquippedFfmpeg;
  /** What it is asked to prove: what the preset can do and this FFmpeg was built for. */
  readonly claims: readonly HardwareCheck[];
  /** What seems to be missing, and is tried all the same because it was named. */
  readonly missing?: string;
}

/** A preset that is not tried, and why, to complete "not tried: ". */
export interface UntriedPreset {
  readonly preset: HardwarePreset;
  readonly because: string;
}

export interface TargetQuestion {
  /** By preference. */
  readonly ffmpegs: readonly EquippedFfmpeg[];
  /** A preset that is named is tried whatever may be missing, so that FFmpeg says in its own words what is. */
  readonly wanted: 'auto' | PresetName;
  /** The user's option. */
  readonly device?: string | undefined;
  readonly platform?: NodeJS.Platform;
}

/** How a preset's devices are called; absent: it has no choice of them. */
const deviceNames: Partial<Record<PresetName, { readonly like: RegExp; readonly list: 'files' | 'default' }>> = {
  nvidia: { like: /^\d+$/, list: 'default' },
  qsv: { like: /^\//, list: 'files' },
  vaapi: { like: /^\//, list: 'files' },
  amf: { like: /^\d+$/, list: 'default' },
};

/** All combinations that are worth being tried, and the presets of this system that are not. */
export async function findTargets({ ffmpegs, wanted, device, platform = process.platform }: TargetQuestion): Promise<{ readonly targets: HardwareTarget[]; readonly untried: UntriedPreset[] }> {
  const named = wanted !== 'auto';
  const names = named ? presetOrder.filter((name) => name === wanted) : presetOrder.filter((name) => presetTable[name].platforms.includes(platform));
  const targets: HardwareTarget[] = [];
  const untried: UntriedPreset[] = [];
  for (const name of names) {
    const preset = presetTable[name];
    const devices = await devicesOf(preset, device, platform);
    if (typeof devices === 'string' && !named) {
      untried.push({ preset, because: devices });
      continue;
    }
    const able = ffmpegs.map((ffmpeg) => ({ ffmpeg, claims: claimsOf(preset, ffmpeg, named) })).filter(({ claims }) => claims.length > 0);
    if (able.length === 0) {
      untried.push({ preset, because: 'no FFmpeg here was built for it' });
    }
    const tried = typeof devices === 'string' ? [{ device, missing: devices }] : devices.map((each) => ({ device: each, missing: undefined }));
    targets.push(...able.flatMap((each) => tried.map(({ device: use, missing }) => ({ ...each, preset, ...(use === undefined ? {} : { device: use }), ...(missing === undefined ? {} : { missing }) }))));
  }
  return { targets, untried };
}

/** The devices to try, where undefined is the preset's own choice; or why there are none. */
async function devicesOf({ name, devices }: HardwarePreset, wanted: string | undefined, platform: NodeJS.Platform): Promise<readonly (string | undefined)[] | string> {
  const names = deviceNames[name];
  if (wanted !== undefined && names) {
    if (!names.like.test(wanted)) {
      return 'the option "hardwareDevice" names another kind of device';
    }
    return names.list === 'files' && !existsSync(wanted) ? `there is no ${wanted}` : [wanted];
  }
  if (!devices || platform !== 'linux') {
    return [undefined];
  }
  const files = (await readdir(devices.folder).catch(() => [])).filter((file) => devices.pattern.test(file)).sort();
  if (files.length === 0) {
    return `no device of this kind in ${devices.folder}`;
  }
  return names?.list === 'files' ? files.map((file) => join(devices.folder, file)) : [undefined];
}

/** @param named without looking at what the FFmpeg was built with. */
function claimsOf(preset: HardwarePreset, { abilities, libavutilMajor }: EquippedFfmpeg, named: boolean): HardwareCheck[] {
  const { needs, encodes } = preset;
  const lists = (kind: keyof FfmpegAbilities, name: string | undefined): boolean => named || name === undefined || abilities[kind].has(name);
  const codecs = videoCodecs.filter((codec) => canDecode(preset, codec, libavutilMajor) && lists('hwaccels', needs.hwaccel) && lists('decoders', needs.decoders[codec]));
  return [...codecs.map((codec) => `decode ${codec}` as const), ...(encodes && lists('encoders', needs.encoder) ? ['encode' as const] : [])];
}
