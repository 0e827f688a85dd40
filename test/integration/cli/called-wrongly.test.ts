import { expect, test } from '@jest/globals';
import { runCommand } from '../../support/command-line.js';
import { expectGolden } from '../../support/golden.js';

test('the help of the program and of each command', async () => {
  const helps = await Promise.all([['--help'], ['probe', '--help'], ['doctor', '-h'], ['devices', '--help']].map((args) => runCommand(args)));
  expect(helps.map(({ code, error }) => ({ code, error }))).toEqual(helps.map(() => ({ code: 0, error: '' })));
  expectGolden('help.txt', helps.map(({ out }) => out.trimEnd()).join('\n\n----\n\n'));
  expect(Math.max(...helps.flatMap(({ out }) => out.split('\n').map((line) => line.length)))).toBeLessThanOrEqual(80);
}, 60_000);

test('what is called wrongly ends with 2, says what is allowed, and repeats no secret', async () => {
  const calls = [
    [],
    ['rtsp://joe:s3cr3t@host/'],
    ['probe'],
    ['probe', 'rtsp://joe:s3cr3t', 'word@host/'],
    ['probe', 'rstp://joe:s3cr3t@host/'],
    ['probe', 'rtsp://joe:s3cr3t@host/', '--transport', 'ftp'],
    ['probe', 'rtsp://joe:s3/cr3t@host/'],
    ['probe', 'test:12x9'],
    ['probe', 'rtsp://joe:s3/cr3t@host/', '--password', '-s3cr3t'],
    ['probe', 'test:', '--passwords3cr3t'],
    ['probe', 'test:', '--pasword', 's3cr3t'],
    ['probe', 'test:', '--seconds', 's3cr3t'],
    ['probe', 'test:', '--json=s3cr3t'],
    ['probe', 'test:', '--substream', 'joe:s3cr3t@host'],
    ['doctor', 's3cr3t'],
    ['doctor', '--user-storage-path'],
    ['devices', '--list'],
  ];
  const ends: string[] = [];
  for (const call of calls) {
    const { code, out, error } = await runCommand(call);
    expect({ call, code, out }).toEqual({ call, code: 2, out: '' });
    expect(error).not.toMatch(/s3cr3t|s3\/cr3t|joe|word@/);
    ends.push(`$ ${call.join(' ')}\n${error.trimEnd()}`);
  }
  expectGolden('called-wrongly.txt', ends.join('\n\n'));
}, 60_000);
