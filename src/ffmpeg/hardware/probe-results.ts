import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson, setAside, writeWhole, systemError } from '../../kept-file.js';
import { Problem } from '../../problems.js';
import type { ProbeOutcome } from './probe.js';

const dayMs = 86_400_000;
/** After this it is tried again: a driver that was repaired, hardware that broke. */
const holdsForMs = { works: 30 * dayMs, fails: dayMs } as const;

const resultSchema = z.object({
  /** What was tried, for whoever looks into the file: '/usr/bin/ffmpeg 5.1.9, vaapi on /dev/dri/renderD128, encode'. */
  what: z.string(),
  /** Of all that the outcome depends on. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  atMs: z.number(),
  because: z.string().optional(),
});
const fileSchema = z.object({ version: z.literal(1), results: z.array(resultSchema) });
/** Not `instanceof Error`: Node's errors are not ours in a test's realm. */

type Result = z.output<typeof resultSchema>;

/** The same for the same `facts`: the arguments, the program, the device, the machine. */
export function fingerprintOf(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** What was found out about the hardware before, kept in `<storage>/camera-hub/hardware.json`. Losing it costs some seconds of trying. */
export class ProbeResults {
  readonly #file: string;
  readonly #now: () => number;
  #results: ReadonlyMap<string, Result>;
  /** Those that this machine still asks about; the others are dropped when the file is written. */
  readonly #asked = new Set<string>();
  #changed = false;

  private constructor(file: string, results: readonly Result[], now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#results = new Map(results.map((result) => [result.fingerprint, result]));
  }

  /**
   * Never throws. A damaged file is set aside as hardware.damaged-<time>.json, with a problem to be logged.
   * @param now milliseconds since 1970.
   */
  static async load(file: string, now: () => number = Date.now): Promise<{ readonly results: ProbeResults; readonly problem?: Problem }> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      const results = new ProbeResults(file, [], now);
      return systemError(error).code === 'ENOENT' ? { results } : { results, problem: problemFrom(error) };
    }
    const content = fileSchema.safeParse(parseJson(text)).data;
    return content ? { results: new ProbeResults(file, content.results.filter(({ because }) => because === undefined), now) } : { results: new ProbeResults(file, [], now), problem: await keepDamaged(file) };
  }

  /** What came out, unless that is too long ago. */
  get(fingerprint: string): ProbeOutcome | undefined {
    this.#asked.add(fingerprint);
    const result = this.#results.get(fingerprint);
    if (!result) {
      return undefined;
    }
    const ageMs = this.#now() - result.atMs;
    const outcome = outcomeOf(result);
    // A clock that was set back makes it older than the present.
    return ageMs >= 0 && ageMs < holdsForMs[outcome.works ? 'works' : 'fails'] ? outcome : undefined;
  }

  set(fingerprint: string, what: string, outcome: ProbeOutcome): void {
    this.#asked.add(fingerprint);
    this.#changed = true;
    const result = { what, fingerprint, atMs: this.#now(), ...(outcome.works ? {} : { because: outcome.because }) };
    this.#results = new Map(this.#results).set(fingerprint, result);
  }

  /** Writes a new file that then takes the old one's place, readable by its owner only; nothing where nothing changed. Never throws. */
  async save(): Promise<Problem | undefined> {
    if (!this.#changed) {
      return undefined;
    }
    const results = [...this.#results.values()].filter(({ fingerprint }) => this.#asked.has(fingerprint));
    try {
      await writeWhole(this.#file, `${JSON.stringify({ version: 1, results }, undefined, 2)}\n`);
      this.#changed = false;
      return undefined;
    } catch (error) {
      return problemFrom(error);
    }
  }
}

function outcomeOf({ because }: Result): ProbeOutcome {
  return because === undefined ? { works: true } : { works: false, because };
}

async function keepDamaged(file: string): Promise<Problem> {
  try {
    return new Problem('hardware-file-unusable', `damaged, set aside as ${await setAside(file)}`);
  } catch (error) {
    return problemFrom(error);
  }
}

function problemFrom(error: unknown): Problem {
  return new Problem('hardware-file-unusable', systemError(error).message, { cause: error });
}
