import { Problem } from '../../problems.js';
import type { FoundDevice } from './capture-device.js';

/** How many devices a message names. */
const mostNamed = 5;

/**
 * The device that is meant by a name, a path, or a part of a name that no other has.
 * @throws Problem device-missing or device-ambiguous. Pure.
 */
export function resolveDevice(wanted: string, found: readonly FoundDevice[]): FoundDevice {
  const low = wanted.toLowerCase();
  const cameras = found.filter(({ first }) => first);
  const ways = [
    found.filter(({ source, path, links }) => [source, path, ...links].includes(wanted)),
    cameras.filter(({ name }) => name.toLowerCase() === low),
    cameras.filter(({ name }) => name.toLowerCase().includes(low)),
  ];
  const matches = ways.find((some) => some.length > 0) ?? [];
  const [device, other] = matches;
  if (!device) {
    throw new Problem('device-missing', `"${wanted}"; ${cameras.length === 0 ? 'there is none' : `there is ${listed(cameras)}`}`);
  }
  if (other) {
    throw new Problem('device-ambiguous', `"${wanted}" is ${listed(matches)}`);
  }
  return device;
}

function listed(devices: readonly FoundDevice[]): string {
  const named = devices.slice(0, mostNamed).map(({ name, source }) => (name === source ? `"${name}"` : `"${name}" (${source})`));
  return [...named, ...(devices.length > mostNamed ? [`${devices.length - mostNamed} more`] : [])].join(', ');
}
