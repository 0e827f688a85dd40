import { createHash, timingSafeEqual } from 'node:crypto';
import { parameterIn } from './request-target.js';

/** Whether a request carries the token, as `Authorization: Bearer <token>` (RFC 6750 2.1) or as `?token=<token>`, as many devices can only open an address. */
export class TokenCheck {
  readonly #digest: Buffer;

  constructor(token: string) {
    this.#digest = digest(token);
  }

  /** Takes as long for a nearly right token as for any other. */
  allows(authorization: string | undefined, query: string): boolean {
    const bearer = /^Bearer +(\S+) *$/i.exec(utf8Of(authorization ?? ''))?.[1];
    return [bearer, parameterIn(query, 'token')].some((given) => given !== undefined && timingSafeEqual(digest(given), this.#digest));
  }
}

/** Of equal length whatever is hashed, as `timingSafeEqual` wants it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Node reads each byte of a header as one character. */
function utf8Of(header: string): string {
  return Buffer.from(header, 'latin1').toString('utf8');
}
