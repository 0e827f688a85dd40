import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson, setAside, systemError, writeWhole } from '../kept-file.js';
import { Problem } from '../problems.js';

/** What outlives a restart: switches, and what is mute in the Home app. */
export type KeptSwitch = 'privacy' | 'motionDetection' | 'microphoneMuted' | 'speakerMuted';

const statesSchema = z.object({
  privacy: z.boolean().exactOptional(),
  motionDetection: z.boolean().exactOptional(),
  microphoneMuted: z.boolean().exactOptional(),
  speakerMuted: z.boolean().exactOptional(),
  /** What its switches and its problem sensor were called in the Home app, by their subtypes. */
  names: z.record(z.string(), z.string()).exactOptional(),
});
const fileSchema = z.record(z.string(), statesSchema);

type States = z.output<typeof fileSchema>;

/** What the switches of all cameras were set to, in a file of Homebridge's storage folder: external accessories are built anew at each start. */
export class KeptSwitches {
  readonly #file: string;
  readonly #onProblem: (problem: Problem) => void;
  readonly #states: States;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, onProblem: (problem: Problem) => void, states: States) {
    this.#file = file;
    this.#onProblem = onProblem;
    this.#states = states;
  }

  /** @param cameras those with a privacy switch. Privacy that cannot be read is on: nobody is filmed because of a broken file. */
  static async load(file: string, cameras: readonly string[], onProblem: (problem: Problem) => void): Promise<KeptSwitches> {
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
      onProblem(new Problem('switches-unreadable', systemError(error).message, { cause: error }));
    }
    const switches = new KeptSwitches(file, onProblem, Object.fromEntries(cameras.map((camera) => [camera, { privacy: true }])));
    await switches.#write(); // Or the next start would know of no privacy.
    return switches;
  }

  /** What it was set to; undefined where it never was. */
  get(camera: string, name: KeptSwitch): boolean | undefined {
    return this.#states[camera]?.[name];
  }

  /** Settles when it is written, or could not be, which is told. */
  set(camera: string, name: KeptSwitch, on: boolean): Promise<void> {
    this.#states[camera] = { ...this.#states[camera], [name]: on };
    return this.#write();
  }

  /** What a service was called in the Home app, where it was. */
  nameOf(camera: string, subtype: string): string | undefined {
    return this.#states[camera]?.names?.[subtype];
  }

  rename(camera: string, subtype: string, name: string): Promise<void> {
    const { names, ...states } = this.#states[camera] ?? {};
    this.#states[camera] = { ...states, names: { ...names, [subtype]: name } };
    return this.#write();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      try {
        await writeWhole(this.#file, `${JSON.stringify(this.#states, undefined, 2)}\n`);
      } catch (error) {
        this.#onProblem(new Problem('switches-not-kept', systemError(error).message, { cause: error }));
      }
    });
    return this.#writing;
  }
}
