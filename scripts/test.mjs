/**
 * Runs the whole suite, or what is named: `npm test -- unit`. Tests that do little but wait run beside the others; what is about the load
 * of the whole machine (test/alone) comes last, when nothing runs beside it. Says which Node and which FFmpeg it uses.
 * The last line is the one that continuous integration reads: `N passed, N failed`, and `, N skipped` where some were.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const named = process.argv.slice(2);
const waiting = '/test/e2e/(outages|problem-sensor|on-demand|sensors|slots|configuration|hard-ends|doorbell|demo|recording-faults|recording-modes)\\.test';
const alone = '/test/alone/';
/** One after the other, each a list of what runs side by side. */
const runs = named.length > 0 ? [[named]] : [[['--testPathIgnorePatterns', waiting, alone], ['--runInBand', waiting]], [['--runInBand', alone]]];

/** What every test finds in its environment. */
async function environment() {
  const env = { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--no-warnings'].filter(Boolean).join(' ') };
  const provide = join(process.cwd(), 'dist', 'scripts', 'provide-ffmpeg.js');
  if (existsSync(provide)) {
    const { provideFfmpeg } = await import(pathToFileURL(provide).href);
    const ffmpeg = await provideFfmpeg();
    console.log(`FFmpeg ${ffmpeg.version} (${ffmpeg.path})`);
    env.CAMERA_HUB_FFMPEG = ffmpeg.path;
  }
  return env;
}

/** Jest's counts, as far as it came. */
async function runJest(env, args, counts) {
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args], { stdio: 'inherit', env: { ...env, CAMERA_HUB_TEST_COUNTS: counts } });
  const status = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('exit', resolve);
  });
  const { passed = 0, failed = 0, skipped = 0 } = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : {};
  // A run that ended badly without a failed test, or in which no test ran, has failed all the same.
  return { passed, failed: failed || Number(status !== 0 || passed === 0), skipped };
}

const folder = mkdtempSync(join(tmpdir(), 'camera-hub-test-'));
const results = [];
try {
  const env = await environment();
  for (const [step, sideBySide] of runs.entries()) {
    results.push(...(await Promise.all(sideBySide.map((args, index) => runJest(env, args, join(folder, `counts-${step}-${index}.json`))))));
  }
} catch (error) {
  console.error(error);
  results.push({ passed: 0, failed: 1, skipped: 0 });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const sum = (what) => results.reduce((total, result) => total + result[what], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
