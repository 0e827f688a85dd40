import type { MachineFacts } from './machine.js';
import { reached, type Row, type Unit } from './scenario.js';

const formats: Readonly<Record<Unit, (value: number) => string>> = {
  ms: (value) => `${Math.round(value)} ms`,
  µs: (value) => `${value.toFixed(1)} µs`,
  MB: (value) => `${Math.round(value)} MB`,
  '% of a core': (value) => `${value.toFixed(2)} % of a core`,
  times: (value) => `${value.toFixed(2)} x`,
  processes: (value) => String(value),
  connections: (value) => value.toFixed(1),
};

const headings = ['what', 'measured', 'asked for', 'reached', 'remark'];

/** One scenario's rows as text, in columns. */
export function table(rows: readonly Row[]): string {
  const cells = [headings, ...rows.map(toCells)];
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

export function machineLines(facts: MachineFacts): string {
  return [
    `Machine  ${facts.cpu}, ${facts.cores} cores, ${facts.memoryGb} GB, ${facts.system}`,
    `Node     ${facts.node}`,
    `FFmpeg   ${facts.ffmpeg}`,
    `Load     ${facts.loadAverage.join(' ')}; ${Math.round(facts.busyAtStart * 100)} % busy before the start`,
    `Date     ${facts.date}`,
  ].join('\n');
}

function toCells(row: Row): string[] {
  const format = formats[row.unit];
  const answer = reached(row);
  return [
    row.what,
    format(row.value),
    [row.atMost === undefined ? [] : [`at most ${format(row.atMost)}`], row.atLeast === undefined ? [] : [`at least ${format(row.atLeast)}`]].flat().join(', '),
    answer === undefined ? '' : answer ? 'yes' : 'NO',
    row.remark ?? '',
  ];
}
