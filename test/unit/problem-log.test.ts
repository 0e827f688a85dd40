import { expect, test } from '@jest/globals';
import { duration, ProblemLog } from '../../src/problem-log.js';
import { asProblem, Problem, problemTable } from '../../src/problems.js';

function logged() {
  const lines: string[] = [];
  let nowMs = 0;
  const write = (line: string) => lines.push(line);
  const log = new ProblemLog('Gate', { info: write, warn: write, error: write, debug: write }, () => nowMs);
  return { lines, log, wait: (ms: number) => (nowMs += ms) };
}

test('a cause is told once, however often it is met, and its end is told', () => {
  const { lines, log, wait } = logged();
  for (let tries = 0; tries < 20; tries++) {
    log.report('main', new Problem('camera-unreachable', 'connection refused'));
    wait(3_000);
  }
  log.solved('main', 'camera is back');
  expect(lines).toEqual([
    'Gate: the camera cannot be reached (connection refused). Check that it has power and network, and that the address and port in "source" are right. The plugin keeps trying. [camera-unreachable]',
    'Gate: camera is back after 60 s.',
  ]);
});

test('what is told late is counted from its beginning', () => {
  const { lines, log, wait } = logged();
  wait(300_000);
  log.report('load', new Problem('machine-busy'), 0);
  wait(60_000);
  log.solved('load', 'the machine has time again');
  expect(lines[1]).toBe('Gate: the machine has time again after 6 min.');
});

test('another cause is told, and the whole outage is counted', () => {
  const { lines, log, wait } = logged();
  log.report('main', new Problem('camera-closed'));
  wait(5_000);
  log.report('main', new Problem('camera-unreachable'));
  wait(5_000);
  log.solved('main', 'camera is back');
  expect(lines).toHaveLength(3);
  expect(lines[2]).toContain('after 10 s');
});

test('a camera that comes and goes fills no log', () => {
  const { lines, log, wait } = logged();
  for (let minute = 0; minute < 60; minute++) {
    log.report('main', new Problem('camera-closed'));
    wait(5_000);
    log.solved('main', 'camera is back');
    wait(55_000);
  }
  expect(lines.length).toBeLessThanOrEqual(12);
});

test('one stream that works does not end the outage of the other, nor does a failed picture begin one', () => {
  const { lines, log, wait } = logged();
  log.tell(new Problem('snapshot-failed'));
  wait(8 * 3600_000);
  log.report('main', new Problem('camera-unreachable'));
  wait(5_000);
  log.solved('sub', 'sub stream is back');
  expect(log.outage('main')).toMatchObject({ problem: { code: 'camera-unreachable' } });
  log.solved('main', 'main stream is back');
  expect(lines.at(-1)).toBe('Gate: main stream is back after 5 s.');
  expect(lines).toHaveLength(3);
});

test('what was never wrong is not reported as mended', () => {
  const { lines, log } = logged();
  log.solved('main', 'camera is back');
  expect(lines).toEqual([]);
});

test.each([[4_400, '4 s'], [119_000, '119 s'], [125_000, '2 min'], [3 * 3600_000, '3 h']])('%i ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('anything that is thrown becomes a problem with a remedy', () => {
  expect(asProblem(new Error('EMFILE'), 'snapshot-failed')).toMatchObject({ code: 'snapshot-failed', detail: 'EMFILE' });
  expect(asProblem('odd', 'snapshot-failed').line).toContain(problemTable['snapshot-failed'].remedy);
});
