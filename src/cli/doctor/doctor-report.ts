import { wrapped } from '../shell/layout.js';
import type { Finding } from './finding.js';

/** What `doctor` says. Pure. */

/** What a check found, by its title. */
export interface CheckResult {
  readonly title: string;
  readonly findings: readonly Finding[];
}

const titleWidth = 10;
const stateWidth = 9;

/** A finding a line, the title before the first one. */
export function checkText({ title, findings }: CheckResult): string {
  const blank = ' '.repeat(titleWidth + stateWidth);
  return findings
    .flatMap(({ state, seen, remedy }, index) => [
      wrapped(seen, { first: `${(index === 0 ? title : '').padEnd(titleWidth)}${state.padEnd(stateWidth)}`, rest: blank }),
      ...(remedy === undefined ? [] : [wrapped(remedy, { first: `${blank}> `, rest: `${blank}  ` })]),
    ])
    .join('\n');
}

/** The last line. */
export function summaryText(results: readonly CheckResult[]): string {
  const count = (state: Finding['state']): number => results.flatMap(({ findings }) => findings).filter((finding) => finding.state === state).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  if (problems + warnings === 0) {
    return 'All is well.';
  }
  return `${[...counted(problems, 'problem'), ...counted(warnings, 'warning')].join(', ')}.`;
}

/** The same for programs; docs/command-line.md describes it. */
export function doctorJson(storage: string, results: readonly CheckResult[]): object {
  return { ok: isWell(results), storage, checks: results.flatMap(({ title, findings }) => findings.map((finding) => ({ check: title, ...finding }))) };
}

/** Warnings are no reason to wake anybody. */
export function isWell(results: readonly CheckResult[]): boolean {
  return results.every(({ findings }) => findings.every(({ state }) => state !== 'problem'));
}

function counted(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}${number === 1 ? '' : 's'}`];
}
