/**
 * Runs the whole suite, or what is named: `npm test -- unit`. Tests that do little but wait run beside the others; what is about the load
 * of the whole machine (test/alone) comes last, when nothing runs beside it. A few tests that failed beside all that are run once more,
 * alone: on a machine that others use too, times cannot be promised. Each is named at the end, also where it passed then: it may be a race.
 * Says which Node and which FFmpeg it uses.
 * The last line is the one that continuous integration reads: `N passed, N failed`, and `, N skipped` where some were.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const named = process.argv.slice(2);
/** Three lists, none longer than the rest. */
const waiting = [
  '/test/e2e/(outages|problem-sensor|on-demand|sensors|slots|configuration|hard-ends|doorbell)\\.test',
  '/test/(e2e/(demo|recording-faults|recording-modes|sound|talkback)|integration/(camera-sound|described-sound|microphone-clock))\\.test',
  '/test/integration/((corpus-|network-|http-(camera|single)|cli/)[\\w-]*|encoded-sound|hls|passed-jpegs|rtsp-transports|still-image|stream-forms|test-pattern|turned-picture|usb-camera)\\.test',
];
const alone = '/test/alone/';
/** More failures than this are no chance. */
const mostAgain = 3;
/** One after the other, each a list of what runs side by side. */
const runs = named.length > 0 ? [[named]] : [[['--testPathIgnorePatterns', ...waiting, alone], ...waiting.map((list) => ['--runInBand', list])], [['--runInBand', alone]]];

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
  const { passed = 0, failed = 0, skipped = 0, named = [] } = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : {};
  // A run that ended badly without a failed test, or in which no test ran, has failed all the same.
  return { passed, failed: failed || Number(status !== 0 || passed === 0), skipped, named };
}

/** Runs tests that failed once more, alone. @returns what that changes in the counts. */
async function runAgain(env, failures, folder) {
  let mended = 0;
  for (const [index, { file, name }] of failures.entries()) {
    const pattern = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
    const { failed } = await runJest(env, ['--runInBand', ...rootsOf(named), '--testNamePattern', pattern, '--runTestsByPath', file], join(folder, `again-${index}.json`));
    mended += failed === 0 ? 1 : 0;
    console.log(`Failed beside the others, ${failed === 0 ? 'passed' : 'failed again'} alone: ${relative(process.cwd(), file)}, "${name}"`);
  }
  return { passed: mended, failed: -mended, skipped: 0 };
}

/** Where tests are looked for, as it was named. */
function rootsOf(args) {
  const at = args.indexOf('--roots');
  return at < 0 ? [] : args.slice(at, at + 2);
}

const folder = mkdtempSync(join(tmpdir(), 'camera-hub-test-'));
const results = [];
const sum = (what) => results.reduce((total, result) => total + result[what], 0);
try {
  const env = await environment();
  for (const [step, sideBySide] of runs.entries()) {
    results.push(...(await Promise.all(sideBySide.map((args, index) => runJest(env, args, join(folder, `counts-${step}-${index}.json`))))));
  }
  const failures = results.flatMap(({ named }) => named);
  if (failures.length <= mostAgain && failures.length === sum('failed')) {
    results.push(await runAgain(env, failures, folder));
  }
} catch (error) {
  console.error(error);
  results.push({ passed: 0, failed: 1, skipped: 0 });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
