import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson, setAside, systemError, writeWhole } from '../kept-file.js';
import { Problem } from '../problems.js';

/** Switches whose state outlives a restart. */
export type KeptSwitch = 'privacy' | 'motionDetection';

const fileSchema = z.record(z.string(), z.partialRecord(z.enum(['privacy', 'motionDetection']), z.boolean()));

type States = z.output<typeof fileSchema>;

/** What the switches of all cameras were set to, in a file of Homebridge's storage folder: external accessories are built anew at each start. */
export class KeptSwitches {
  readonly #file: string;
  readonly #onProblem: (problem: Problem) => void;
  readonly #states: States;
  /** The file could not be read. */
  readonly #lost: boolean;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, onProblem: (problem: Problem) => void, states: States | undefined) {
    this.#file = file;
    this.#onProblem = onProblem;
    this.#states = states ?? {};
    this.#lost = states === undefined;
  }

  static async load(file: string, onProblem: (problem: Problem) => void): Promise<KeptSwitches> {
    try {
      const parsed = fileSchema.safeParse(parseJson(await readFile(file, 'utf8')));
      if (parsed.success) {
        return new KeptSwitches(file, onProblem, parsed.data);
      }
      onProblem(new Problem('switches-unreadable', `kept beside it as ${await setAside(file)}`));
    } catch (error) {
      if (systemError(error).code === 'ENOENT') {
        return new KeptSwitches(file, onProblem, {});
      }
      onProblem(problemFrom(error));
    }
    return new KeptSwitches(file, onProblem, undefined);
  }

  /** What it was set to; undefined where it never was. Privacy that cannot be read is on: nobody is filmed because of a broken file. */
  get(camera: string, name: KeptSwitch): boolean | undefined {
    return this.#states[camera]?.[name] ?? (this.#lost && name === 'privacy' ? true : undefined);
  }

  /** Settles when it is written, or could not be, which is told. */
  set(camera: string, name: KeptSwitch, on: boolean): Promise<void> {
    this.#states[camera] = { ...this.#states[camera], [name]: on };
    this.#writing = this.#writing.then(async () => {
      try {
        await writeWhole(this.#file, `${JSON.stringify(this.#states, undefined, 2)}\n`);
      } catch (error) {
        this.#onProblem(problemFrom(error));
      }
    });
    return this.#writing;
  }
}

function problemFrom(error: unknown): Problem {
  return new Problem('switches-unreadable', systemError(error).message, { cause: error });
}
