import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { BundledOutput, pictureRestMs } from '../../src/pipeline/bundled-output.js';

const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));

(process.platform === 'linux' ? describe : describe.skip)('what is read in bundles', () => {
  test('waits, and comes at once when somebody needs it', async () => {
    const read: string[] = [];
    using output = await BundledOutput.open(tmpdir(), (bytes) => read.push(bytes.toString()), () => 60_000);
    const theirs = output.socket?.theirs;
    theirs?.write('first');
    await soon();
    theirs?.write('second');
    await soon();
    theirs?.write(' and third');
    await soon();
    expect(read).toEqual(['first']);
    output.hurry();
    await soon();
    expect(read).toEqual(['first', 'second and third']);
    theirs?.destroy();
    output.socket?.ours.destroy();
  });

  test('comes by itself when its time is over', async () => {
    const read: string[] = [];
    const waits = [300, 0];
    using output = await BundledOutput.open(tmpdir(), (bytes) => read.push(bytes.toString()), () => waits.shift() ?? 0);
    const theirs = output.socket?.theirs;
    for (const text of ['first', 'second', 'third']) {
      theirs?.write(text);
      await soon();
    }
    await soon();
    expect(read[0]).toBe('first');
    expect(read.join('')).toBe('firstsecondthird');
    theirs?.destroy();
    output.socket?.ours.destroy();
  });
});

test('where there is no socket, what comes through the pipe is taken', async () => {
  const read: string[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'too-long-for-a-socket-'.repeat(5)));
  using output = await BundledOutput.open(folder, (bytes) => read.push(bytes.toString()), () => 60_000);
  expect(output.socket).toBeUndefined();
  const pipe = new PassThrough();
  output.readPipe(pipe);
  pipe.write('first');
  pipe.write('second');
  await soon();
  expect(read.join('')).toBe('firstsecond');
  await rm(folder, { recursive: true });
});

test.each([
  ['a slow stream', { bytes: 2_000, sinceMs: 33 }, 150],
  ['one of 8 Mbit/s', { bytes: 75_000, sinceMs: 75 }, 66],
  ['a burst', { bytes: 200_000, sinceMs: 20 }, 0],
])('how long pictures wait that nobody reads: %s', (_what, read, expected) => {
  expect(Math.round(pictureRestMs(read))).toBe(expected);
});
