import { Problem } from '../../problems.js';

/** What a camera means by a status, when it is asked to be talked to (RFC 2326 11). */
const meanings: Readonly<Record<number, string>> = {
  401: 'the user name or password is wrong, or this user may not talk',
  403: 'this user may not talk',
  404: 'it has no such stream',
  453: 'somebody else talks to it, or it serves no further connection',
  454: 'it has forgotten the connection',
  455: 'it is not ready',
  461: 'it takes no sound over TCP',
  503: 'it is busy',
  551: 'it knows no backchannel',
};

/** The status that a detail of such a problem begins with: '453'; '' where it begins with none. */
export function statusOf({ detail }: Problem): string {
  return /^(?:status )?(\d{3})(?::|$)/.exec(detail)?.[1] ?? '';
}

/** '453: somebody else talks to it, …', for the log. */
export function refusal(status: number): Problem {
  const meaning = meanings[status];
  return new Problem('talkback-refused', meaning === undefined ? `status ${status}` : `${status}: ${meaning}`);
}
