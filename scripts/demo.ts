/**
 * The plugin at work, with nothing but Node and this checkout: a simulated camera, a real Homebridge, a code to scan.
 * `npm run demo`, or `npm run demo -- --bind en0` to be offered on one network interface only.
 */
import { networkInterfaces } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HomebridgeEnded } from './demo/demo-homebridge.js';
import { Screen } from './demo/screen.js';
import { runShow } from './demo/show.js';

const screen = new Screen(process.stdout);
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // A terminal and npm both send it: only the first one counts.
  process.on(signal, () => {
    if (!stop.signal.aborted) {
      screen.leaveStatus();
      screen.say('Stopping ...');
      stop.abort();
    }
  });
}
// Nobody reads any more: a closed terminal, or `npm run demo | head`.
process.stdout.on('error', () => stop.abort());

try {
  const { values } = parseArgs({ options: { bind: { type: 'string' } } });
  await runShow({ screen, bind: networkInterface(values.bind), signal: stop.signal });
} catch (error) {
  await nextTurn(); // A signal may be waiting that also ended what failed.
  if (!stop.signal.aborted) {
    tell(error);
    process.exitCode = 1;
  }
}
if (stop.signal.aborted) {
  screen.say('Stopped; nothing is left behind.');
}

/** Homebridge would offer the camera nowhere, and say nothing. */
function networkInterface(name: string | undefined): string | undefined {
  const known = Object.keys(networkInterfaces());
  if (name !== undefined && !known.includes(name)) {
    throw new Error(`There is no network interface "${name}" on this machine, but ${known.join(', ')}.`);
  }
  return name;
}

function tell(error: unknown): void {
  screen.leaveStatus();
  screen.say(screen.paint('red', error instanceof Error ? error.message : String(error)));
  if (error instanceof HomebridgeEnded) {
    screen.say('The end of its log:');
    screen.say(error.log.slice(-20).map((line) => `  ${line}`).join('\n'));
  }
}
