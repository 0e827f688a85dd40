import { createHash } from 'node:crypto';
import type { RtspRequest } from './rtsp-messages.js';

/** How a client has to prove who it is. */
export interface AuthenticationSettings {
  readonly method: 'basic' | 'digest';
  readonly user: string;
  readonly password: string;
}

const realm = 'simulated-camera';

/** The WWW-Authenticate header of a 401 answer. */
export function challenge(method: AuthenticationSettings['method'], nonce: string): string {
  return method === 'basic' ? `Basic realm="${realm}"` : `Digest realm="${realm}", nonce="${nonce}", algorithm=MD5`;
}

/** Whether a request carries the right user and password (RFC 7617, RFC 2617 3.2.2 with and without qop). */
export function isAuthorised({ method, headers }: RtspRequest, settings: AuthenticationSettings, nonce: string): boolean {
  const header = headers.get('authorization') ?? '';
  if (settings.method === 'basic') {
    return header === `Basic ${Buffer.from(`${settings.user}:${settings.password}`).toString('base64')}`;
  }
  if (!/^digest /i.test(header)) {
    return false;
  }
  const fields = new Map([...header.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map((match) => [match[1], match[2] ?? match[3] ?? '']));
  const field = (name: string): string => fields.get(name) ?? '';
  const secret = md5(`${settings.user}:${realm}:${settings.password}`);
  const subject = md5(`${method}:${field('uri')}`);
  const middle = fields.has('qop') ? `${nonce}:${field('nc')}:${field('cnonce')}:${field('qop')}` : nonce;
  return field('username') === settings.user && field('nonce') === nonce && field('response') === md5(`${secret}:${middle}:${subject}`);
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
