import type { Credentials } from '../../media/authentication.js';
import { percentDecoded } from '../../percent-decoded.js';
import { Problem } from '../../problems.js';

export interface RtspAddress {
  /** As requests name it: without user and password, else as it was written. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Whether TLS is spoken (rtsps://). */
  readonly encrypted: boolean;
  readonly credentials: Credentials | undefined;
}

const schemes: ReadonlyMap<string, { readonly port: number; readonly encrypted: boolean }> = new Map([
  ['rtsp:', { port: 554, encrypted: false }],
  ['rtsps:', { port: 322, encrypted: true }],
]);
const userInformation = /^([a-z]+:\/\/)[^/?#]*@/i;

/** Whether an address is one of RTSP. */
export function isRtsp(url: string): boolean {
  return /^rtsps?:\/\//i.test(url);
}

/** @throws Problem where nothing can be connected with; it does not repeat the address. */
export function readRtspAddress(url: string): RtspAddress {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parsed && schemes.get(parsed.protocol);
  if (!parsed || !scheme || parsed.hostname === '') {
    throw new Problem('talkback-unreachable', 'its address is no RTSP address');
  }
  const { username, password } = parsed;
  return {
    url: url.trim().replace(userInformation, '$1').replace(/#.*$/s, '').replace(/\s/g, '%20'),
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? scheme.port : Number(parsed.port),
    encrypted: scheme.encrypted,
    // URL has encoded what FFmpeg takes as it is (@ ; | = ^), but not a single %.
    credentials: username === '' && password === '' ? undefined : { user: percentDecoded(username), password: percentDecoded(password) },
  };
}

/** Where a camera sends us: with our user and password where it names none and means itself. Undefined where it is no RTSP address. */
export function redirected(from: string, location: string): string | undefined {
  if (!isRtsp(location) || !URL.canParse(location)) {
    return undefined;
  }
  const target = new URL(location);
  const user = userInformation.test(location) || target.hostname !== new URL(from).hostname ? '' : (/^[a-z]+:\/\/([^/?#]*@)/i.exec(from)?.[1] ?? '');
  return location.replace(/^([a-z]+:\/\/)/i, `$1${user.replaceAll('$', '$$$$')}`);
}
