import type { Screen } from './screen.js';

/** What a command ends with; also in docs/command-line.md. */
export const exitCodes = {
  /** All is well. */
  well: 0,
  /** Something is wrong: a camera that cannot be reached, a problem that was found. */
  wrong: 1,
  /** It was called wrongly. */
  usage: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** How an option is written and what it does. */
export type OptionHelp = { readonly help: string; readonly short?: string } & ({ readonly type: 'boolean' } | { readonly type: 'string'; /** What stands for its value: '<path>'. */ readonly value: string });

/** By their long names. */
export type OptionTable = Readonly<Record<string, OptionHelp>>;

/** What was given for each option of a table. */
export type OptionValues<Options extends OptionTable = OptionTable> = { readonly [Name in keyof Options]?: Options[Name] extends { readonly type: 'boolean' } ? boolean : string };

/** What a command works with. */
export interface Invocation<Options extends OptionTable = OptionTable> {
  readonly values: OptionValues<Options>;
  /** The result is to be printed as JSON. */
  readonly json: boolean;
  readonly screen: Screen;
  /** Aborted by Ctrl-C and the like: everything that was started is to end. */
  readonly signal: AbortSignal;
}

/** One of the words behind `homebridge-camera-hub`. */
export interface Command<Options extends OptionTable = OptionTable> {
  readonly name: string;
  readonly summary: string;
  /** What it takes besides options, in its order: '<source>'. */
  readonly operands: readonly string[];
  readonly options: Options;
  /** What its help says besides, one paragraph each. */
  readonly notes: readonly string[];
  /** @throws UsageError where it was called wrongly. Rejects with anything where `signal` is aborted. */
  readonly run: (invocation: Invocation<Options>, operands: readonly string[]) => Promise<ExitCode>;
}

/** It was called wrongly; `message` says what is allowed, and carries no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Keeps the types of its options. */
export function command<const Options extends OptionTable>(definition: Command<Options>): Command<Options> {
  return definition;
}
