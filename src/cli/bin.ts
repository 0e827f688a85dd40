#!/usr/bin/env node
/** What `npx homebridge-camera-hub` starts. Loads in any Node, however old: what needs a newer one is imported once this is known to be one. */
import { readFileSync } from 'node:fs';
import { isTooOld } from './shell/node-range.js';

const { engines } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { readonly engines: { readonly node: string } };

if (isTooOld(process.versions.node, engines.node)) {
  console.error(`homebridge-camera-hub needs a newer Node: this is ${process.versions.node}, and it runs with ${engines.node}. Install Node 24 (https://nodejs.org).`);
  process.exitCode = 1;
} else {
  void import('./main.js').then(({ main }) => main(process.argv.slice(2)));
}
