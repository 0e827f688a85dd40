import type { Command, OptionTable } from './command.js';
import { table, wrapped } from './layout.js';
import { commonOptions } from './read-arguments.js';

export const programName = 'homebridge-camera-hub';

const exitHelp = 'Ends with 0 where all is well, 1 where something is wrong, and 2 where it was called wrongly.';

/** @param commands all there are. */
export function generalHelp(commands: readonly Pick<Command, 'name' | 'summary' | 'operands'>[]): string {
  return [
    `Usage: ${programName} <command> [options]`,
    table(commands.map(({ name, operands, summary }) => [[name, ...operands].join(' '), summary])),
    wrapped(`"${programName} <command> --help" says more about one of them. All of them print JSON with --json. ${exitHelp}`),
  ].join('\n\n');
}

export function commandHelp({ name, summary, operands, options, notes }: Pick<Command, 'name' | 'summary' | 'operands' | 'options' | 'notes'>): string {
  return [
    `Usage: ${[programName, name, ...operands].join(' ')} [options]`,
    wrapped(summary),
    table(optionRows({ ...options, ...commonOptions })),
    ...notes.map((note) => wrapped(note)),
    wrapped(exitHelp),
  ].join('\n\n');
}

function optionRows(options: OptionTable): [string, string][] {
  return Object.entries(options).map(([name, option]) => [`${option.short === undefined ? '' : `-${option.short}, `}--${name}${option.type === 'string' ? ` ${option.value}` : ''}`, option.help]);
}
