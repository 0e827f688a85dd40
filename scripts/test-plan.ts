import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What tests take on two server cores, beside others. */
export interface TestCost {
  readonly seconds: number;
  /** Of processors, the programs that the tests start included. */
  readonly cpuSeconds: number;
}

/** Tests that one Jest runs, one after the other: a file of them, or all of a folder that is quick. */
export interface TestRun {
  /** As in the table of costs: 'unit', 'e2e/sound'. */
  readonly name: string;
  readonly cost: TestCost;
}

/** Who measures what else runs on the machine has it for himself. */
export const alone = 'alone/';
/** The files of this folder take less time than Jest does to start for each. */
const together = 'unit';
const suffix = '.test.js';

/** Of a file that is not in the table yet. */
const unknownCost: TestCost = { seconds: 60, cpuSeconds: 24 };
/** Of each core. More, and what is tested comes late; less, and cores are idle. */
const usedShare = 0.75;
/** Each takes some 300 MB. */
const mostSideBySide = 10;

/** All tests below `folder`, the longest first. */
export function testRuns(folder: string, costs: Readonly<Record<string, TestCost>>): TestRun[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(suffix));
  const names = new Set(files.map((file) => nameOf(file)));
  return Array.from(names, (name) => ({ name, cost: costs[name] ?? unknownCost })).sort((a, b) => b.cost.seconds - a.cost.seconds);
}

/** For Jest, where the tests of `folder` are its roots. */
export function argumentsFor(folder: string, { name }: TestRun): string[] {
  return ['--runInBand', ...(name === together ? [pattern(join(folder, name, '/'))] : ['--runTestsByPath', join(folder, name + suffix)])];
}

/** The longest of those that there is processor time for, beside what runs; undefined where something has to end first. */
export function nextRun(waiting: readonly TestRun[], running: readonly TestRun[], cores: number): TestRun | undefined {
  const left = cores * usedShare - running.reduce((sum, run) => sum + coresOf(run), 0);
  return running.length === 0 ? waiting[0] : running.length < mostSideBySide ? waiting.find((run) => coresOf(run) <= left) : undefined;
}

/** Jest takes the name of a folder for a regular expression. */
function pattern(path: string): string {
  return path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function nameOf(file: string): string {
  const name = file.slice(0, -suffix.length).replaceAll('\\', '/');
  return name.startsWith(`${together}/`) ? together : name;
}

/** How many cores it keeps busy. */
function coresOf({ cost }: TestRun): number {
  return cost.cpuSeconds / cost.seconds;
}
