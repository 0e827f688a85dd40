/**
 * Runs a script under the Node that the project supports: the running one where it satisfies `engines`
 * (a user's own, a CI matrix), else the one that the devDependency `node` brings. A plain `node` in
 * node_modules/.bin would shadow the former, so npm scripts go through here.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Carets only (`^22.12.0 || ^24.0.0`): that is all our `engines` field uses. */
function satisfies(version, range) {
  const [major, minor] = version.split('.').map(Number);
  return range.split('||').some((part) => {
    const [wantedMajor, wantedMinor] = part.trim().slice(1).split('.').map(Number);
    return major === wantedMajor && minor >= wantedMinor;
  });
}

/** The Nodes on this machine: first the caller's own (npm puts node_modules/.bin in front of it), then ours. */
function candidates() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder && !folder.includes('node_modules'));
  return [...folders.map((folder) => join(folder, name)).filter(existsSync).slice(0, 1), join(root, 'node_modules', 'node', 'bin', name)];
}

function versionOf(node) {
  return new Promise((resolve) => {
    const child = spawn(node, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.on('error', () => resolve(undefined));
    child.on('close', () => resolve(text.trim().replace(/^v/, '') || undefined));
  });
}

const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
let chosen;
for (const node of candidates()) {
  const version = await versionOf(node);
  if (version && satisfies(version, engines.node)) {
    chosen = { node, version };
    break;
  }
}
if (!chosen) {
  console.error(`No supported Node found: ${engines.node} is needed, this is ${process.versions.node}. Run "npm ci" once more, or install Node 24.`);
  process.exit(1);
}
const [script, ...args] = process.argv.slice(2);
// Tools say themselves what they are; of the command line only the result is to be read.
if (!/node_modules|\/cli\//.test(script)) {
  console.log(`Node ${chosen.version}`);
}
const env = { ...process.env, PATH: [dirname(chosen.node), process.env.PATH].join(delimiter) };
const child = spawn(chosen.node, [script, ...args], { stdio: 'inherit', env, cwd: root });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
