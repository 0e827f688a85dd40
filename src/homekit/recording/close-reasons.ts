import { HDSProtocolSpecificErrorReason } from 'homebridge';
import type { ProblemCode } from '../../problems.js';

/** Why a home hub closed a recording, in plain words (HAP's HomeKit Data Stream, dataSend/close). A new reason there breaks the build here. */
const words = {
  0: 'it has all that it wants',
  1: 'recording is not allowed at present',
  2: 'it is busy',
  3: 'it called the recording off',
  4: 'it does not support what it got',
  5: 'it failed unexpectedly',
  6: 'it waited too long for data',
  7: 'it could not read the data',
  8: 'the data did not come as agreed',
  9: 'the recording settings are not valid',
} as const satisfies Record<`${HDSProtocolSpecificErrorReason}`, string>;

/** Reasons that are part of everyday life: nothing went wrong. 1 follows on switching the camera off in the Home app. */
const everyday: readonly number[] = [HDSProtocolSpecificErrorReason.NORMAL, HDSProtocolSpecificErrorReason.NOT_ALLOWED, HDSProtocolSpecificErrorReason.CANCELLED];

export interface HubClose {
  /** 'reason 6: it waited too long for data' */
  readonly text: string;
  /** Worth telling the person at home. */
  readonly failure: boolean;
}

/** @param reason undefined where the connection ended without a word. */
export function describeClose(reason: number | undefined): HubClose {
  if (reason === undefined) {
    return { text: 'the connection ended', failure: false };
  }
  const known: Readonly<Record<number, string>> = words;
  return { text: `reason ${reason}: ${known[reason] ?? 'unknown'}`, failure: !everyday.includes(reason) };
}

const refusals: Readonly<Partial<Record<ProblemCode, HDSProtocolSpecificErrorReason>>> = {
  'recording-no-picture': HDSProtocolSpecificErrorReason.TIMEOUT,
  'ffmpeg-missing': HDSProtocolSpecificErrorReason.UNSUPPORTED,
  'ffmpeg-too-old': HDSProtocolSpecificErrorReason.UNSUPPORTED,
};

/** With which reason the hub is told that a recording cannot begin, or go on, because of this problem. */
export function refusalReason(code: ProblemCode): HDSProtocolSpecificErrorReason {
  return refusals[code] ?? HDSProtocolSpecificErrorReason.UNEXPECTED_FAILURE;
}
