import { Problem, type ProblemCode } from '../../problems.js';
import { redact } from '../../redact.js';

/** By the code of Node's error, of OpenSSL's, or of the broker's refusal (MQTT 3.1.1, 3.2.2.3). The first that fits; without words of ours, the error's own. */
const causes: readonly (readonly [code: RegExp, problem: ProblemCode, seen?: string])[] = [
  [/^ENOTFOUND$/, 'mqtt-unreachable', 'no machine has this name'],
  [/^EAI_AGAIN$/, 'mqtt-unreachable', 'its name cannot be looked up'],
  [/^ECONNREFUSED$/, 'mqtt-unreachable', 'nothing listens on this port'],
  [/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/, 'mqtt-unreachable', 'no answer from this address'],
  [/^1$/, 'mqtt-not-understood', 'it does not speak MQTT 3.1.1'],
  [/^2$/, 'mqtt-not-understood', 'it does not accept how the plugin is called'],
  [/^3$/, 'mqtt-unreachable', 'it says that it cannot serve now'],
  [/^[45]$/, 'mqtt-refused-login', 'it does not let this user in'],
  [/^CERT_HAS_EXPIRED$/, 'mqtt-certificate', 'it has expired'],
  [/^CERT_NOT_YET_VALID$/, 'mqtt-certificate', 'it is not valid yet: is the clock of this machine right?'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'mqtt-certificate', 'it was made for another name'],
  [/SELF_SIGNED|^UNABLE_TO_(GET|VERIFY)/, 'mqtt-certificate', 'nobody who is trusted has signed it'],
  [/CERT/, 'mqtt-certificate'],
  [/^ERR_SSL_|^EPROTO$/, 'mqtt-not-understood', 'no encrypted connection could be made'],
];

/** Words of mqtt.js, which gives these no code. */
const silences: readonly string[] = ['connack timeout', 'Keepalive timeout'];

/** What a connection came to. `failure`: what it was seen to fail of, if anything; a connection may just end. */
export interface ConnectionEnd {
  readonly failure: Error | undefined;
  /** Whether the broker had let us in. */
  readonly accepted: boolean;
}

/** Why there is no connection with the broker (any more). @param at its host and port. */
export function brokerProblem({ failure, accepted }: ConnectionEnd, at: string): Problem {
  const { code, seen } = failure === undefined || brokenOff.test(codeOf(failure)) ? endedByBroker(accepted) : diagnose(failure);
  return new Problem(code, redact(seen === undefined ? at : `${at}: ${seen}`), { cause: failure });
}

interface Diagnosis {
  readonly code: ProblemCode;
  readonly seen?: string | undefined;
}

/** The broker, or the network, ended it without a word. */
const brokenOff = /^(ECONNRESET|EPIPE)$/;

function endedByBroker(accepted: boolean): Diagnosis {
  return accepted ? { code: 'mqtt-unreachable', seen: 'it ended the connection' } : { code: 'mqtt-not-understood', seen: 'it ended the connection at once' };
}

function diagnose(failure: Error): Diagnosis {
  if (silences.includes(failure.message)) {
    return { code: 'mqtt-unreachable', seen: 'it does not answer' };
  }
  const cause = causes.find(([pattern]) => pattern.test(codeOf(failure)));
  return cause ? { code: cause[1], seen: cause[2] ?? failure.message } : { code: 'mqtt-not-understood', seen: failure.message };
}

function codeOf(failure: Error): string {
  return 'code' in failure ? String(failure.code) : '';
}
