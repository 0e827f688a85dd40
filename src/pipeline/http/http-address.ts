import type { Credentials } from '../../media/authentication.js';
import { percentDecoded } from '../../percent-decoded.js';

export interface HttpAddress {
  /** Without user and password. */
  readonly url: URL;
  readonly credentials: Credentials | undefined;
}

/** @throws TypeError where it is no address; it has been looked at before. */
export function readHttpAddress(text: string): HttpAddress {
  const url = new URL(text.trim());
  const { username, password } = url;
  url.username = '';
  url.password = '';
  url.hash = '';
  return { url, credentials: username === '' && password === '' ? undefined : { user: percentDecoded(username), password: percentDecoded(password) } };
}

/** The address in one text, for who logs in by himself. */
export function writeHttpAddress({ url, credentials }: HttpAddress): string {
  const whole = new URL(url);
  whole.username = encodeURIComponent(credentials?.user ?? '');
  whole.password = encodeURIComponent(credentials?.password ?? '');
  return whole.href;
}

/** Where a camera sends us. It learns the login there only where it means itself, and nobody can listen who could not before. Undefined where that is no address of HTTP. */
export function redirectedTo({ url, credentials }: HttpAddress, location: string): HttpAddress | undefined {
  if (!URL.canParse(location, url.href)) {
    return undefined;
  }
  const { url: target, credentials: own } = readHttpAddress(new URL(location, url).href);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    return undefined;
  }
  const same = target.hostname === url.hostname && (target.protocol === 'https:' || url.protocol === 'http:');
  return { url: target, credentials: own ?? (same ? credentials : undefined) };
}
