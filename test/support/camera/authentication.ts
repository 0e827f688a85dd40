import { createHash } from 'node:crypto';
import type { RtspRequest } from './rtsp-messages.js';

/** How a client has to prove who it is. */
export interface AuthenticationSettings {
  readonly method: 'basic' | 'digest';
  readonly user: string;
  readonly password: string;
  /** Of Digest; default MD5. */
  readonly algorithm?: 'MD5' | 'SHA-256';
  /** Digest as RFC 2617 has it, with `qop="auth"`; default: as RFC 2069. */
  readonly qop?: boolean;
}

const realm = 'simulated-camera';

/** The WWW-Authenticate header of a 401 answer; `stale` where only the nonce of the request was too old. */
export function challenge({ method, algorithm = 'MD5', qop = false }: Pick<AuthenticationSettings, 'method' | 'algorithm' | 'qop'>, nonce: string, stale = false): string {
  return method === 'basic' ? `Basic realm="${realm}"` : `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}${qop ? ', qop="auth"' : ''}${stale ? ', stale=true' : ''}`;
}

/** Whether a request carries the right user and password (RFC 7617, RFC 2617 3.2.2 with and without qop, RFC 7616 with SHA-256). */
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
  const hash = (text: string): string => createHash(settings.algorithm === 'SHA-256' ? 'sha256' : 'md5').update(text).digest('hex');
  const secret = hash(`${settings.user}:${realm}:${settings.password}`);
  const subject = hash(`${method}:${field('uri')}`);
  const middle = fields.has('qop') ? `${nonce}:${field('nc')}:${field('cnonce')}:${field('qop')}` : nonce;
  return field('username') === settings.user && field('nonce') === nonce && field('response') === hash(`${secret}:${middle}:${subject}`);
}
