import { createHash } from 'node:crypto';

/** What a camera is logged in to with, over RTSP or HTTP. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const digestAlgorithms = { MD5: 'md5', 'SHA-256': 'sha256' } as const;
type DigestAlgorithm = keyof typeof digestAlgorithms;

export interface DigestChallenge {
  readonly scheme: 'digest';
  /** As the camera wrote it, between its quotes; so are `nonce` and `opaque`. */
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** Undefined: not named, which means MD5. */
  readonly algorithm: DigestAlgorithm | undefined;
  /** False: as RFC 2069 had it. */
  readonly qopAuth: boolean;
  /** The password was right, only the nonce is too old. */
  readonly stale: boolean;
}

export interface BasicChallenge {
  readonly scheme: 'basic';
}

/** How a camera wants to be told who asks, over RTSP or HTTP (RFC 7616 3.3, RFC 7617 2). */
export type Challenge = DigestChallenge | BasicChallenge;

/** What a Digest answer is made for. */
export interface DigestUse {
  readonly method: string;
  /** As in the request line. */
  readonly uri: string;
  /** How often this nonce has been used, this time included. */
  readonly nonceCount: number;
  /** Random, in hex. */
  readonly clientNonce: string;
}

/** The first challenge of these WWW-Authenticate headers that can be answered; Digest before Basic, which shows the password to everybody. */
export function chooseChallenge(headers: readonly string[]): Challenge | undefined {
  const offered = headers.flatMap(splitChallenges);
  const digest = offered.map(({ scheme, fields }) => (scheme === 'digest' ? digestOf(fields) : undefined)).find((challenge) => challenge !== undefined);
  return digest ?? (offered.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined);
}

/** The Authorization header of a request. */
export function authorization(challenge: Challenge, { user, password }: Credentials, use: DigestUse): string {
  if (challenge.scheme === 'basic') {
    return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
  }
  const { realm, nonce, opaque, algorithm, qopAuth } = challenge;
  const { method, uri, clientNonce } = use;
  const hash = (text: string): string => createHash(digestAlgorithms[algorithm ?? 'MD5']).update(text, 'utf8').digest('hex');
  const count = use.nonceCount.toString(16).padStart(8, '0');
  const middle = qopAuth ? `${nonce}:${count}:${clientNonce}:auth` : nonce;
  const response = hash(`${hash(`${user}:${realm}:${password}`)}:${middle}:${hash(`${method}:${uri}`)}`);
  const fields = [
    `username="${user.replace(/["\\]/g, '\\$&')}"`,
    ...[`realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`, `response="${response}"`],
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(qopAuth ? ['qop=auth', `nc=${count}`, `cnonce="${clientNonce}"`] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

interface OfferedChallenge {
  readonly scheme: string;
  /** Names in lower case. */
  readonly fields: Map<string, string>;
}

/** Names are bounded: a word without an end would be looked at from each of its letters. */
const field = /(?:([\w-]{1,40})[ \t]+)?([\w-]{1,40})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/g;

/** One header may have several challenges, with the same commas between them as between their fields. */
function splitChallenges(header: string): OfferedChallenge[] {
  const challenges: OfferedChallenge[] = [];
  for (const [, scheme, name = '', quoted, bare] of header.matchAll(field)) {
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), fields: new Map() });
    }
    challenges.at(-1)?.fields.set(name.toLowerCase(), quoted ?? bare ?? '');
  }
  return challenges;
}

/** Undefined where it is of a kind that no camera was seen to need (MD5-sess, auth-int), or says too little. */
function digestOf(fields: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const realm = fields.get('realm');
  const nonce = fields.get('nonce');
  const named = fields.get('algorithm')?.toUpperCase();
  const algorithm = named === 'MD5' || named === 'SHA-256' ? named : undefined;
  const qops = fields.get('qop')?.split(',').map((each) => each.trim().toLowerCase());
  const qopAuth = qops?.includes('auth') ?? false;
  if (realm === undefined || nonce === undefined || (named !== undefined && algorithm === undefined) || (qops !== undefined && !qopAuth)) {
    return undefined;
  }
  return { scheme: 'digest', realm, nonce, opaque: fields.get('opaque'), algorithm, qopAuth, stale: fields.get('stale')?.toLowerCase() === 'true' };
}
