import { parseArgs } from 'node:util';
import { closestName } from '../../config/closest-name.js';
import { UsageError, type OptionTable } from './command.js';

/** Options that every command has. */
export const commonOptions = {
  json: { type: 'boolean', help: 'Print the result as JSON.' },
  help: { type: 'boolean', short: 'h', help: 'Show this help.' },
} as const satisfies OptionTable;

export interface ReadArguments {
  readonly values: Readonly<Record<string, string | boolean>>;
  readonly operands: readonly string[];
}

/**
 * Reads what stands behind a command.
 * @throws UsageError that repeats nothing of what was given but names of options: anything else may be a password.
 */
export function readArguments(args: readonly string[], options: OptionTable): ReadArguments {
  const { tokens } = parseArgs({ args: [...args], options: Object.fromEntries(Object.entries(options).map(([name, { type, short }]) => [name, { type, ...(short === undefined ? {} : { short }) }])), strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, string | boolean> = {};
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') {
      operands.push(token.value);
    } else if (token.kind === 'option') {
      values[token.name] = valueOf(token, options);
    }
  }
  return { values, operands };
}

interface OptionToken {
  readonly name: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function valueOf({ name, value, inlineValue = false }: OptionToken, options: OptionTable): string | boolean {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) {
    throw new UsageError(unknown(name, Object.keys(options)));
  }
  if (option.type === 'boolean') {
    if (value !== undefined) {
      throw new UsageError(`The option --${name} takes no value.`);
    }
    return true;
  }
  // Without "=" a value that begins with a dash is rather the next option.
  if (value === undefined || value === '' || (!inlineValue && value.startsWith('-'))) {
    throw new UsageError(`The option --${name} needs a value: --${name}=${option.value}`);
  }
  return value;
}

/** What was typed is not repeated where it may be a password that sticks to the name of its option. */
function unknown(name: string, known: readonly string[]): string {
  const meant = closestName(name, known);
  const within = known.find((each) => name.startsWith(each));
  const shown = within === undefined && meant === undefined ? `There is no option ${name.length === 1 ? '-' : '--'}${name}.` : 'There is an option that does not exist.';
  return meant === undefined ? shown : `${shown} Is --${meant} meant?`;
}
