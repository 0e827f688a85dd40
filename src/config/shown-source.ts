import { knownSource, splitLogin } from '../media/camera-source.js';
import { openArguments, secretsInAddress } from '../media/source-secrets.js';
import { redact } from '../redact.js';

/** What stands for something that is not shown. */
export const mask = '***';

/** A camera's source as it may be shown: an address without its login, and `mask` in place of keys, tokens and what else may be secret. */
export function shownSource(source: string): string {
  const parsed = knownSource(source);
  return parsed?.kind === 'arguments' ? `ffmpeg:${JSON.stringify(openArguments(parsed.arguments, shownAddress))}` : shownAddress(source.trim());
}

function shownAddress(address: string): string {
  const { start, rest } = splitLogin(address) ?? { start: '', rest: address };
  return redact(`${start}${rest}`, secretsInAddress(address));
}
