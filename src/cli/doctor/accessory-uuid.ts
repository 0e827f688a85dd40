import { createHash } from 'node:crypto';
import { pluginName } from '../../settings.js';

/** By which HomeKit knows the accessory of a camera with this identity: what the UUID generator of hap-nodejs makes of it. */
export function accessoryUuid(id: string): string {
  const digits = createHash('sha1').update(`${pluginName}:${id}`).digest('hex');
  const variant = ((parseInt(digits.charAt(15), 16) & 0x3) | 0x8).toString(16);
  // The generator takes a digit for each x and for y, none for the 4.
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(12, 15)}`, `${variant}${digits.slice(16, 19)}`, digits.slice(19, 31)].join('-');
}
