import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { UsageError } from '../../../src/cli/shell/command.js';
import { list, table, wrapped } from '../../../src/cli/shell/layout.js';
import { isInRange, isTooOld } from '../../../src/cli/shell/node-range.js';
import { readArguments } from '../../../src/cli/shell/read-arguments.js';
import { Screen } from '../../../src/cli/shell/screen.js';

const range = '^22.12.0 || ^24.0.0 || ^26.0.0';

test.each([
  ['20.20.2', false, true],
  ['22.11.9', false, true],
  ['22.12.0', true, false],
  ['22.13.1', true, false],
  ['23.4.0', false, false],
  ['24.0.0', true, false],
  ['27.1.0', false, false],
])('Node %s: supported %s, too old %s', (version, supported, tooOld) => {
  expect({ supported: isInRange(version, range), tooOld: isTooOld(version, range) }).toEqual({ supported, tooOld });
});

describe('text on a page of 80 columns', () => {
  const long = 'word '.repeat(40).trim();

  test('no line is longer, unless a word is', () => {
    const lines = wrapped(`${long} ${'x'.repeat(100)} end`, { first: '> ', rest: '   ' }).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([`   ${'x'.repeat(100)}`]);
    expect(lines[0]).toMatch(/^> word/);
    expect(lines.at(-1)).toBe('   end');
  });

  test('tables are aligned, and what is not known is left out', () => {
    expect(table([['A', 'one'], ['Longer', 'two'], ['C', undefined]])).toBe('  A       one\n  Longer  two');
    expect(table([])).toBe('');
  });

  test('items of a list are set in', () => {
    expect(list([long]).split('\n').map((line) => line.slice(0, 5))).toEqual(['  - w', '    w', '    w']);
  });
});

describe('arguments', () => {
  const options = { password: { type: 'string', value: '<password>', help: '' }, json: { type: 'boolean', short: 'j', help: '' } } as const;

  test('values come with "=" and without, options before and behind operands', () => {
    expect(readArguments(['-j', 'a', '--password', 'x', 'b'], options)).toEqual({ values: { json: true, password: 'x' }, operands: ['a', 'b'] });
    expect(readArguments(['--password=-x=y', '--', '--json'], options)).toEqual({ values: { password: '-x=y' }, operands: ['--json'] });
  });

  test.each([[['--password']], [['--password=']], [['--password', '--json']], [['--json=yes']], [['--toString']], [['-x']], [['--pasword', 's3cr3t']], [['--passwords3cr3t']], [['-s3cr3t']]])('%j is refused without a word of a secret', (args) => {
    const refused = (): unknown => readArguments(args, options);
    expect(refused).toThrow(UsageError);
    expect(refused).not.toThrow(/s3cr3t/);
  });
});

describe('the screen', () => {
  function screenOn(isTTY: boolean, signal = new AbortController().signal): { readonly screen: Screen; readonly out: () => string; readonly error: () => string } {
    const [out, error] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })];
    const text = (stream: PassThrough) => (): string => String(stream.read() ?? '');
    return { screen: new Screen({ out, error }, signal), out: text(out), error: text(error) };
  }

  test('on a terminal progress is one line, which goes when there is something to say', () => {
    const { screen, out, error } = screenOn(true);
    screen.step('connecting');
    screen.tick('x'.repeat(100));
    screen.print('done');
    screen.rest();
    expect(error()).toBe(`connecting\r\u001b[2K${'x'.repeat(79)}\r\u001b[2K`);
    expect(out()).toBe('done\n');
  });

  test.each([true, false])('after a signal nothing is told, and only the progress goes (terminal: %s)', (isTTY) => {
    const stop = new AbortController();
    const { screen, out, error } = screenOn(isTTY, stop.signal);
    screen.tick('connecting');
    stop.abort();
    screen.print('no FFmpeg was found');
    screen.complain('it failed');
    screen.step('next');
    screen.tick('1 s');
    screen.rest();
    expect([out(), error()]).toEqual(['', isTTY ? 'connecting\r\u001b[2K' : '']);
  });

  test('elsewhere steps are plain lines, and how far they are is not told', () => {
    const { screen, out, error } = screenOn(false);
    screen.step('connecting');
    screen.tick('1 s');
    screen.complain('it failed');
    expect(error()).toBe('connecting\nit failed\n');
    expect(out()).toBe('');
  });
});
