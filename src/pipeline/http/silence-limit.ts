import type { IncomingMessage } from 'node:http';
import { Problem } from '../../problems.js';

interface SilenceLimit extends Disposable {
  /** What is waited for has come; the next is waited for as long. */
  came(): void;
}

/** Ends an answer in which something does not come for so long: reading it fails with the problem. */
export function limitSilence(body: IncomingMessage, withinMs: number): SilenceLimit {
  const timer = setTimeout(() => body.destroy(new Problem('camera-silent', `nothing for ${withinMs / 1000} s`)), withinMs);
  return { came: () => timer.refresh(), [Symbol.dispose]: () => clearTimeout(timer) };
}
