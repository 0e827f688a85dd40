import { randomBytes } from 'node:crypto';
import { authorization, chooseChallenge, type Challenge, type Credentials } from '../media/authentication.js';

/** Some cameras answer nobody who does not say what he is. */
export const userAgent = 'homebridge-camera-hub';

interface Asked {
  readonly challenge: Challenge;
  /** How often it has been answered. */
  uses: number;
}

/** Logs in to one camera, over RTSP or HTTP, once it has said how. */
export class Login {
  readonly #credentials: Credentials | undefined;
  #asked: Asked | undefined;

  constructor(credentials: Credentials | undefined) {
    this.#credentials = credentials;
  }

  /** The Authorization header of the next request; undefined where the camera has not asked for one. @param uri as in the request line. */
  header(method: string, uri: string): string | undefined {
    if (!this.#asked || !this.#credentials) {
      return undefined;
    }
    this.#asked.uses += 1;
    return authorization(this.#asked.challenge, this.#credentials, { method, uri, nonceCount: this.#asked.uses, clientNonce: randomBytes(8).toString('hex') });
  }

  /**
   * The camera refused, with these WWW-Authenticate headers.
   * @returns false where asking again would be no different: cameras lock out who sends a wrong password again and again.
   */
  answers(challenges: readonly string[]): boolean {
    const challenge = chooseChallenge(challenges);
    if (!challenge || !this.#credentials || (this.#asked && !outlived(this.#asked, challenge))) {
      return false;
    }
    this.#asked = { challenge, uses: 0 };
    return true;
  }
}

/** Whether only the nonce is refused. Not every camera says that one is too old; but one that was refused when it was new came with a wrong password. */
function outlived({ challenge: before, uses }: Asked, now: Challenge): boolean {
  return now.scheme === 'digest' && before.scheme === 'digest' && (now.stale || (now.nonce !== before.nonce && uses > 1));
}
