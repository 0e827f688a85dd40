import { readdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';

/** What changes when a driver or a card does, so that what was found out before holds no more. */
export interface MachineFacts {
  readonly kernel: string;
  /** Names of graphics devices and codecs, such as 'dri/renderD128', 'nvidia0', 'video11'. */
  readonly devices: readonly string[];
  /** As NVIDIA's driver names itself; absent where there is none. */
  readonly nvidiaDriver?: string;
}

/** Codecs of a Raspberry Pi are video10 to video19; lower numbers are webcams, which come and go. */
const graphicsDevice = /^(?:nvidia|video1\d$|mpp_service|rga)/;

/** Never throws; what cannot be read counts as absent. */
export async function readMachineFacts(): Promise<MachineFacts> {
  const [render, all, driver] = await Promise.all([namesIn('/dev/dri'), namesIn('/dev'), readFile('/proc/driver/nvidia/version', 'utf8').catch(() => undefined)]);
  const devices = [...render.map((name) => `dri/${name}`), ...all.filter((name) => graphicsDevice.test(name))].sort();
  const nvidiaDriver = driver?.split('\n')[0];
  return { kernel: release(), devices, ...(nvidiaDriver === undefined ? {} : { nvidiaDriver }) };
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
