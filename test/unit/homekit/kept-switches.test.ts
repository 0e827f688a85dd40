import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KeptSwitches } from '../../../src/homekit/kept-switches.js';
import type { Problem } from '../../../src/problems.js';

let folder: string;
let file: string;
const problems: Problem[] = [];

const load = (): Promise<KeptSwitches> => KeptSwitches.load(file, ['one', 'two'], (problem) => problems.push(problem));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-switches-'));
  file = join(folder, 'switches.json');
  problems.length = 0;
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('what was set is there after a restart, each camera for itself', async () => {
  const before = await load();
  expect(before.get('one', 'privacy')).toBeUndefined();
  await Promise.all([before.set('one', 'privacy', true), before.set('two', 'motionDetection', false), before.set('one', 'motionDetection', true)]);
  const after = await load();
  expect([after.get('one', 'privacy'), after.get('one', 'motionDetection'), after.get('two', 'motionDetection'), after.get('two', 'privacy')]).toEqual([true, true, false, undefined]);
  expect(problems).toEqual([]);
});

test('the last of many quick changes counts, in the file too', async () => {
  const switches = await load();
  await Promise.all(Array.from({ length: 21 }, (_, index) => switches.set('one', 'privacy', index % 2 === 0)));
  expect(switches.get('one', 'privacy')).toBe(true);
  expect((await load()).get('one', 'privacy')).toBe(true);
  expect(await readdir(folder)).toEqual(['switches.json']);
});

test.each(['{', '[]', '{"one":{"privacy":"yes"}}', ''])('a damaged file (%j) is kept aside and told, and privacy is on until it is turned off', async (text) => {
  await writeFile(file, text);
  const switches = await load();
  expect(problems.map(({ code }) => code)).toEqual(['switches-unreadable']);
  expect([switches.get('one', 'privacy'), switches.get('one', 'motionDetection'), switches.get('three', 'privacy')]).toEqual([true, undefined, undefined]);
  await switches.set('one', 'privacy', false);
  const again = await load(); // The next start does not film either.
  expect([again.get('one', 'privacy'), again.get('two', 'privacy')]).toEqual([false, true]);
  expect(problems).toHaveLength(1);
  const aside = (await readdir(folder)).filter((name) => name.includes('damaged'));
  expect(await readFile(join(folder, aside[0] ?? ''), 'utf8')).toBe(text);
});

test('what cannot be written counts until the restart, and is told', async () => {
  file = join(folder, 'file', 'switches.json');
  await writeFile(join(folder, 'file'), '');
  const switches = await load();
  await switches.set('one', 'privacy', true);
  expect(switches.get('one', 'privacy')).toBe(true);
  expect(problems.at(-1)?.code).toBe('switches-not-kept');
});

test('names that people gave the switches are kept beside what they are set to', async () => {
  const switches = await load();
  await Promise.all([switches.set('one', 'privacy', true), switches.rename('one', 'privacy', 'Do not look'), switches.rename('one', 'motion', 'Knock')]);
  const after = await load();
  expect([after.nameOf('one', 'privacy'), after.nameOf('one', 'motion'), after.nameOf('two', 'motion'), after.get('one', 'privacy')]).toEqual(['Do not look', 'Knock', undefined, true]);
});
