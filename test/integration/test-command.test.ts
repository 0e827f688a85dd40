import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-test-command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs scripts/test.mjs over one file of tests with `tests` in it; stdout and stderr as they come, as a log has them. */
async function testCommand(tests: string, { args = [], env = {} }: { args?: readonly string[]; env?: Readonly<Record<string, string | undefined>> } = {}) {
  await writeFile(join(folder, 'some.test.js'), tests);
  const child = spawn(process.execPath, ['scripts/test.mjs', '--roots', folder, '--cacheDirectory', join(folder, 'cache'), ...args], { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const status = await new Promise((resolve) => child.once('close', resolve));
  const lines = output.trimEnd().split('\n');
  return { status, output, lastLine: lines.at(-1), countLines: lines.filter((line) => /\d+ passed, \d+ failed/.test(line)).length };
}

test.each<[string, string, readonly string[], string, number]>([
  ['all tests pass', 'test("a", () => {}); test("b", () => {});', [], '2 passed, 0 failed', 0],
  ['one is skipped, one is to be written', 'test("a", () => {}); test.skip("b", () => {}); test.todo("c");', [], '1 passed, 0 failed, 2 skipped', 0],
  ['a test fails', 'test("a", () => {}); test("b", () => { throw new Error("no"); });', [], '1 passed, 1 failed', 1],
  ['a file cannot be run', 'this is no JavaScript', [], '0 passed, 1 failed', 1],
  ['Jest is killed', 'test("a", () => {}); test("b", () => process.kill(process.pid, "SIGKILL"));', ['--runInBand'], '0 passed, 1 failed', 1],
  ['no file is of this name', 'test("a", () => {});', ['no-such-file'], '0 passed, 1 failed', 1],
  ['no test is of this name', 'test("a", () => {});', ['--testNamePattern', 'no-such-test'], '0 passed, 1 failed, 1 skipped', 1],
  ['Jest does not start', 'test("a", () => {});', ['--config', 'no-such-config.json'], '0 passed, 1 failed', 1],
  ['Jest fails after the tests', 'test("a", () => {});', ['--globalTeardown', './package.json'], '1 passed, 1 failed', 1],
])('%s: the counts are the last line, and the exit status agrees', async (_, tests, args, lastLine, status) => {
  expect(await testCommand(tests, { args })).toMatchObject({ lastLine, status, countLines: 1 });
});

test('a test that fails beside others and passes alone has passed, and is named', async () => {
  const again = JSON.stringify(join(folder, 'again'));
  const tests = `const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs');
    test('a', () => {});
    describe('with (signs) [in] its.name', () => test('b', () => { if (!existsSync(${again})) { writeFileSync(${again}, ''); throw new Error('no'); } }));`;
  const { output, ...result } = await testCommand(tests);
  expect(result).toMatchObject({ lastLine: '2 passed, 0 failed', status: 0, countLines: 1 });
  expect(output).toMatch(/Failed beside the others, passed alone: .*some\.test\.js, "with \(signs\) \[in\] its\.name b"/);
});

test('more failures than chance explains are not tried again', async () => {
  const tests = "for (const name of 'abcdefg') { test(name, () => { throw new Error('no'); }); }";
  const { output, ...result } = await testCommand(tests);
  expect(result).toMatchObject({ lastLine: '0 passed, 7 failed', status: 1 });
  expect(output).not.toContain('beside the others');
});

test('tests get to know which FFmpeg was found: some machines have none on PATH', async () => {
  const told = 'test("a", () => { if (!process.env.CAMERA_HUB_FFMPEG) throw new Error("not told"); });';
  expect(await testCommand(told, { env: { CAMERA_HUB_FFMPEG: undefined } })).toMatchObject({ lastLine: '1 passed, 0 failed', status: 0 });
});
