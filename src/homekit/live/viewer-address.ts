import { networkInterfaces } from 'node:os';

/**
 * The viewer's address as a socket takes it: a link-local IPv6 address says nothing without the interface, which is the one
 * that the viewer reached us on.
 */
export function withZone(target: string, ours: string, interfaces = networkInterfaces()): string {
  if (!/^fe[89ab][0-9a-f]:/i.test(target) || target.includes('%')) {
    return target;
  }
  const [own = '', zone] = ours.split('%');
  const name = zone ?? Object.entries(interfaces).find(([, addresses]) => addresses?.some(({ address }) => address.split('%')[0] === own))?.[0];
  return name === undefined ? target : `${target}%${name}`;
}
