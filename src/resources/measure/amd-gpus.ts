import { readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readNumber, readSmallFile } from './small-file.js';

/** A card as the driver amdgpu tells of it, for everybody who uses it. */
export interface AmdGpu {
  /** PCI address. */
  readonly device: string;
  readonly busyPercent?: number;
  readonly memoryBytes?: number;
}

/** None where there is no such card. One that sleeps is left out: asking would wake it. */
export function readAmdGpus(root: string): readonly AmdGpu[] {
  const folder = join(root, 'sys/class/drm');
  return cardsIn(folder).flatMap((card) => {
    const device = join(folder, card, 'device');
    const status = readSmallFile(join(device, 'power/runtime_status'))?.trim() ?? 'active';
    const busyPercent = status === 'active' ? readNumber(join(device, 'gpu_busy_percent')) : undefined;
    const memoryBytes = busyPercent === undefined ? undefined : readNumber(join(device, 'mem_info_vram_used'));
    return busyPercent === undefined ? [] : [{ device: linkedName(device) ?? card, busyPercent, ...(memoryBytes === undefined ? {} : { memoryBytes }) }];
  });
}

/** `card0` and so on; names such as `card0-HDMI-A-1` are its connectors. */
function cardsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^card\d+$/.test(name)).sort();
  } catch {
    return [];
  }
}

function linkedName(link: string): string | undefined {
  try {
    return basename(readlinkSync(link));
  } catch {
    return undefined;
  }
}
