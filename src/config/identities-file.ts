import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseJson, setAside, writeWhole, systemError } from '../kept-file.js';
import { Problem } from '../problems.js';
import type { KnownIdentity } from './identities.js';

const identitySchema = z.object({ id: z.string().min(1).max(64), name: z.string().min(1), source: z.string() });
/** Not `instanceof Error`: Node's errors are not ours in a test's realm. */
const fileSchema = z.object({ version: z.number(), cameras: z.array(z.unknown()) });

type Content =
  | { readonly state: 'missing' }
  | { readonly state: 'good'; readonly text: string; readonly known: KnownIdentity[] }
  | { readonly state: 'damaged'; readonly known: KnownIdentity[] }
  | { readonly state: 'unreadable'; readonly problem: Problem };

/**
 * The identities kept in `file` (`<storage>/camera-hub/identities.json`). Never throws. A damaged file is set aside as
 * identities.damaged-<time>.json, and what could be saved from it is returned along with the problem to be logged.
 */
export async function loadIdentities(file: string): Promise<{ known: KnownIdentity[]; problem?: Problem }> {
  const content = await readContent(file);
  switch (content.state) {
    case 'missing':
      return { known: [] };
    case 'good':
      return { known: content.known };
    case 'unreadable':
      return { known: [], problem: content.problem };
    case 'damaged':
      return { known: content.known, problem: await keepDamaged(file) };
  }
}

/**
 * Writes `known` to `file` if that changes it: into a new file that then takes its place, readable by its owner only.
 * Never throws. A file that is there but cannot be read is left alone: it holds pairings that would be lost.
 */
export async function saveIdentities(file: string, known: readonly KnownIdentity[]): Promise<Problem | undefined> {
  const text = `${JSON.stringify({ version: 1, cameras: known.map(({ id, name, source }) => ({ id, name, source })) }, undefined, 2)}\n`;
  const content = await readContent(file);
  if (content.state === 'unreadable') {
    return content.problem;
  }
  if (content.state === 'good' && content.text === text) {
    return undefined;
  }
  if (content.state === 'damaged') {
    await keepDamaged(file);
  }
  try {
    await writeWhole(file, text);
    return undefined;
  } catch (error) {
    return problemFrom(error);
  }
}

async function readContent(file: string): Promise<Content> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    return systemError(error).code === 'ENOENT' ? { state: 'missing' } : { state: 'unreadable', problem: problemFrom(error) };
  }
  const cameras = fileSchema.safeParse(parseJson(text)).data?.cameras;
  const entries = cameras ?? [];
  const known = entries.flatMap((entry) => identitySchema.safeParse(entry).data ?? []).filter(({ id }, index, all) => all.findLastIndex((other) => other.id === id) === index);
  return cameras && known.length === entries.length ? { state: 'good', text, known } : { state: 'damaged', known };
}

async function keepDamaged(file: string): Promise<Problem> {
  try {
    return new Problem('identities-unreadable', `damaged, set aside as ${await setAside(file)}`);
  } catch (error) {
    return problemFrom(error);
  }
}

function problemFrom(error: unknown): Problem {
  return new Problem('identities-unreadable', systemError(error).message, { cause: error });
}
