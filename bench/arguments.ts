/** What the command line asks for. */
export interface BenchArguments {
  /** Scenarios by name; empty means all. */
  readonly names: readonly string[];
  readonly quick: boolean;
  readonly jsonFile: string | undefined;
  readonly profileFolder: string | undefined;
}

export const usage = 'npm run bench -- [--quick] [--json FILE] [--profile FOLDER] [SCENARIO ...]';

/** Throws with a plain sentence where it understands nothing. */
export function readArguments(argv: readonly string[], known: readonly string[]): BenchArguments {
  const names: string[] = [];
  const values: Record<'--json' | '--profile', string | undefined> = { '--json': undefined, '--profile': undefined };
  let quick = false;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--quick') {
      quick = true;
    } else if (word === '--json' || word === '--profile') {
      index += 1;
      values[word] = argv[index];
      if (values[word] === undefined) {
        throw new Error(`${word} needs a path. ${usage}`);
      }
    } else if (known.includes(word)) {
      names.push(word);
    } else {
      throw new Error(`"${word}" is neither an option nor one of the scenarios ${known.join(', ')}. ${usage}`);
    }
  }
  return { names, quick, jsonFile: values['--json'], profileFolder: values['--profile'] };
}
