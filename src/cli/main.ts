import { constants } from 'node:os';
import { Problem } from '../problems.js';
import { redact } from '../redact.js';
import { version } from '../version.js';
import { devicesCommand } from './devices/devices-command.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { probeCommand } from './probe/probe-command.js';
import { exitCodes, UsageError, type Command, type ExitCode, type Invocation, type OptionTable } from './shell/command.js';
import { commandHelp, generalHelp, programName } from './shell/help.js';
import { wrapped } from './shell/layout.js';
import { problemJson } from './shell/problem-json.js';
import { commonOptions, readArguments } from './shell/read-arguments.js';
import { Screen } from './shell/screen.js';

type Surroundings = Pick<Invocation, 'screen' | 'signal'>;

/** A command whose options were read by its own table. */
type AnyCommand = Pick<Command, 'name' | 'summary' | 'operands' | 'options' | 'notes'> & { readonly start: (args: readonly string[], invocation: Surroundings) => Promise<number> };

const commands: readonly AnyCommand[] = [startable(devicesCommand), startable(probeCommand), startable(doctorCommand)];

/** Everything that ends this process in an orderly way. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @param args what stands behind the program's name. */
export async function main(args: readonly string[]): Promise<void> {
  const stop = new AbortController();
  const screen = new Screen({ out: process.stdout, error: process.stderr }, stop.signal);
  let endedBy: (typeof signals)[number] | undefined;
  for (const name of signals) {
    // A terminal and npm both send it: only the first one counts.
    process.on(name, () => {
      endedBy ??= name;
      stop.abort();
    });
  }
  // Nobody reads any more: `... | head`.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => stop.abort());
  }
  const code = await run(args, { screen, signal: stop.signal });
  screen.rest();
  process.exitCode = endedBy === undefined ? code : 128 + constants.signals[endedBy];
}

async function run([name = '', ...args]: readonly string[], invocation: Surroundings): Promise<number> {
  const { screen } = invocation;
  const command = commands.find((each) => each.name === name);
  try {
    if (name === '--version') {
      screen.print(version);
      return exitCodes.well;
    }
    if (name === '--help' || name === '-h' || name === 'help') {
      screen.print(generalHelp(commands));
      return exitCodes.well;
    }
    if (!command) {
      // What was given instead is not repeated: it may be an address with its password.
      throw new UsageError(name === '' ? 'A command is missing.' : `That is no command; there are ${commands.map((each) => each.name).join(', ')}.`);
    }
    return await command.start(args, invocation);
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    screen.complain(`${wrapped(error.message)}\nFor help: ${programName} ${command ? `${command.name} ` : ''}--help`);
    return exitCodes.usage;
  }
}

/** What every command says that could not do its work. */
function tellFailure(error: unknown, json: boolean, screen: Screen): ExitCode {
  const problem = error instanceof Problem ? error : new Problem('command-failed', redact(String(error)), { cause: error });
  if (json) {
    screen.printJson({ ok: false, problem: problemJson(problem) });
  } else {
    screen.complain(wrapped(problem.line));
  }
  return exitCodes.wrong;
}

function startable<Options extends OptionTable>(command: Command<Options>): AnyCommand {
  const start: AnyCommand['start'] = async (args, { screen, signal }) => {
    const { values, operands } = readArguments(args, { ...command.options, ...commonOptions });
    const { json = false, help = false, ...own } = values;
    if (help === true) {
      screen.print(commandHelp(command));
      return exitCodes.well;
    }
    if (operands.length !== command.operands.length) {
      throw new UsageError(operands.length < command.operands.length ? `${command.operands.slice(operands.length).join(' ')} is missing.` : command.operands.length === 0 ? 'It takes nothing but options.' : `More was given than ${command.operands.join(' ')}; an address with special characters needs quotes around it.`);
    }
    try {
      // Read by its own table.
      return await command.run({ values: own as Invocation<Options>['values'], json: json === true, screen, signal }, operands);
    } catch (error) {
      if (error instanceof UsageError) {
        throw error;
      }
      return tellFailure(error, json === true, screen);
    }
  };
  return { ...command, start };
}
