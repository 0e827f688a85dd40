import { redact } from '../../redact.js';

/** What stands for something that is not shown. */
export const mask = '***';

/** A source as it may be shown: without its login, and with `mask` in place of what looks like a secret elsewhere in it. */
export function maskedSource(source: string): string {
  const { address } = splitLogin(source);
  return redact(address);
}

/** Whether it has a login in it. */
export function hasLogin(source: string): boolean {
  return splitLogin(source).login !== '';
}

/** Up to the last @ in front of the path, as in `withLogin`. */
function splitLogin(source: string): { readonly login: string; readonly address: string } {
  const [, scheme = '', authority = '', rest = ''] = /^([a-z]+:\/\/)([^/?#]*)(.*)$/is.exec(source.trim()) ?? [];
  const at = authority.lastIndexOf('@');
  return at < 0 ? { login: '', address: source.trim() } : { login: authority.slice(0, at), address: `${scheme}${authority.slice(at + 1)}${rest}` };
}
