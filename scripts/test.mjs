/**
 * Runs the whole suite, or what is named: `npm test -- unit`. Files of tests run side by side, as many as there is processor time for
 * (test-costs.json; `CAMERA_HUB_UPDATE_COSTS=1 npm test` writes it anew, where nothing else runs); what is about the load of the whole
 * machine (test/alone) comes last. A few tests that failed beside all that are run once more, alone: on a machine that others use too,
 * times cannot be promised. Each is named at the end, also where it passed then: it may be a race.
 * Says which Node and which FFmpeg it uses.
 * The last line is the one that continuous integration reads: `N passed, N failed`, and `, N skipped` where some were.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';
import { pathToFileURL } from 'node:url';

const asked = process.argv.slice(2);
const built = join(process.cwd(), 'dist');
const costsFile = join('scripts', 'test-costs.json');
/** More failures than this are no chance, among thousands of tests. */
const mostAgain = 6;
/** Jest's summary, of each file. */
const summary = /^(Test Suites|Tests|Snapshots|Time): .*\n|^Ran all test suites.*\n/gm;
/** What a test has left behind may hold Jest's output for longer. */
const closedWithinMs = 2_000;
/** What runs, and what it has said so far. */
const running = new Map();

/** What every test finds in its environment. */
async function environment() {
  const env = { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--no-warnings'].filter(Boolean).join(' ') };
  const provide = join(built, 'scripts', 'provide-ffmpeg.js');
  if (existsSync(provide)) {
    const { provideFfmpeg } = await import(pathToFileURL(provide).href);
    const ffmpeg = await provideFfmpeg();
    console.log(`FFmpeg ${ffmpeg.version} (${ffmpeg.path})`);
    env.CAMERA_HUB_FFMPEG = ffmpeg.path;
  }
  return env;
}

/** Jest's counts, as far as it came. @param told where its output goes: on as it comes, or out when it has ended. */
async function runJest(env, args, told = 'inherit') {
  const folder = mkdtempSync(join(tmpdir(), 'camera-hub-test-'));
  const counts = join(folder, 'counts.json');
  const child = spawn(process.execPath, ['node_modules/jest/bin/jest.js', ...args], { stdio: [told === 'inherit' ? 'inherit' : 'ignore', told, told], env: { ...env, CAMERA_HUB_TEST_COUNTS: counts } });
  const said = [];
  running.set(child, said);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => said.push(text));
  }
  const status = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('exit', (code) => setTimeout(() => resolve(code), closedWithinMs).unref());
    child.on('close', resolve);
  });
  running.delete(child);
  show(said);
  const { passed = 0, failed = 0, skipped = 0, named = [], cpuSeconds } = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : {};
  rmSync(folder, { recursive: true, force: true });
  return { passed, failed: failed || Number(status !== 0), skipped, named, cpuSeconds };
}

/** One in which no test ran has failed: what was named is not there. */
function atLeastOne(result) {
  return { ...result, failed: result.failed || Number(result.passed === 0) };
}

function show(said) {
  const text = said.join('').replace(summary, '').trim();
  if (text !== '') {
    console.log(text);
  }
}

/** Runs the whole suite. @returns the counts of each run. */
async function runAll(env) {
  const { alone, argumentsFor, nextRun, testRuns } = await import(pathToFileURL(join(built, 'scripts', 'test-plan.js')).href);
  const folder = join(built, 'test');
  const costs = JSON.parse(readFileSync(costsFile, 'utf8'));
  const all = testRuns(folder, costs);
  const results = [];
  const measured = {};
  const start = async (run) => {
    const startMs = performance.now();
    const result = await runJest(env, argumentsFor(folder, run), 'pipe');
    results.push(result);
    const { failed, cpuSeconds } = result;
    measured[run.name] = failed > 0 || cpuSeconds === undefined ? run.cost : { seconds: rounded((performance.now() - startMs) / 1000), cpuSeconds: rounded(cpuSeconds) };
  };
  const waiting = all.filter(({ name }) => !name.startsWith(alone));
  const started = new Map();
  while (waiting.length + started.size > 0) {
    for (let run; (run = nextRun(waiting, [...started.keys()], availableParallelism())); ) {
      const next = run;
      waiting.splice(waiting.indexOf(next), 1);
      started.set(next, start(next).then(() => started.delete(next)));
    }
    await Promise.race(started.values());
  }
  for (const run of all.filter(({ name }) => name.startsWith(alone))) {
    await start(run);
  }
  if (process.env.CAMERA_HUB_UPDATE_COSTS) {
    const lines = Object.entries(measured).sort().map(([name, { seconds, cpuSeconds }]) => `  ${JSON.stringify(name)}: { "seconds": ${seconds}, "cpuSeconds": ${cpuSeconds} }`);
    writeFileSync(costsFile, `{\n${lines.join(',\n')}\n}\n`);
  }
  return results;
}

/** Runs tests that failed once more, alone. @returns what that changes in the counts. */
async function runAgain(env, failures) {
  let mended = 0;
  for (const { file, name } of failures) {
    const pattern = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
    const { failed } = atLeastOne(await runJest(env, ['--runInBand', ...rootsOf(asked), '--testNamePattern', pattern, '--runTestsByPath', file]));
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

function rounded(seconds) {
  return Math.round(seconds * 10) / 10;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    for (const [child, said] of running) {
      child.kill(signal);
      show(said);
    }
    process.exit(1);
  });
}
const results = [];
const sum = (what) => results.reduce((total, result) => total + result[what], 0);
try {
  const env = await environment();
  results.push(...(asked.length > 0 ? [atLeastOne(await runJest(env, asked))] : await runAll(env)));
  results.push(...(sum('passed') + sum('failed') === 0 ? [{ passed: 0, failed: 1, skipped: 0, named: [] }] : []));
  const failures = results.flatMap(({ named }) => named);
  if (failures.length <= mostAgain && failures.length === sum('failed')) {
    results.push(await runAgain(env, failures));
  }
} catch (error) {
  console.error(error);
  results.push({ passed: 0, failed: 1, skipped: 0 });
}
console.log(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`);
process.exitCode = sum('failed') > 0 ? 1 : 0;
