import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { expect, test } from '@jest/globals';
import { priorityRefusal, setFfmpegPriority, type FfmpegRole } from '../../../src/ffmpeg/priority.js';

const refuse = (message: string) => () => {
  throw new Error(message);
};

// In this order: the first refusal is kept for as long as the process lives.
test('what computes comes after the rest of the house, what passes on does not; Windows takes the same numbers for its classes', () => {
  const set: number[][] = [];
  const roles: readonly FfmpegRole[] = ['ingest', 'ingest-encode', 'still', 'sound', 'decode', 'encode', 'transcode', 'probe'];
  roles.forEach((role, index) => setFfmpegPriority(index, role, (...args: number[]) => void set.push(args)));
  const { PRIORITY_BELOW_NORMAL: belowNormal } = constants.priority;
  expect(set).toEqual([[1, belowNormal], [4, belowNormal], [5, belowNormal], [6, belowNormal], [7, belowNormal]]);
});

test('a process that never came to be is left alone', () => {
  setFfmpegPriority(undefined, 'encode', refuse('asked all the same'));
  expect(priorityRefusal()).toBeUndefined();
});

test('one that is gone already is no refusal of the system', async () => {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  setFfmpegPriority(child.pid, 'encode');
  expect(priorityRefusal()).toBeUndefined();
});

test('the system really does it', async () => {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 20000)']);
  setFfmpegPriority(child.pid, 'decode');
  expect(getPriority(child.pid)).toBe(Math.max(10, getPriority()));
  child.kill();
  await once(child, 'exit');
});

test('the first refusal is kept, for whoever tells it', () => {
  setFfmpegPriority(process.pid, 'decode', refuse('EACCES: permission denied'));
  setFfmpegPriority(process.pid, 'encode', refuse('EPERM: something else'));
  setFfmpegPriority(process.pid, 'encode', () => undefined);
  expect(priorityRefusal()).toBe('EACCES: permission denied');
});
