import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { z } from 'zod';

/** Small files that the plugin keeps in Homebridge's storage folder. */

/** Writes a new file that then takes the old one's place, readable by its owner only: there is never half of one. Rejects as the system says. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Keeps a damaged file beside the one that will take its place. @returns where. Rejects as the system says. */
export async function setAside(file: string): Promise<string> {
  const time = new Date().toISOString().replace(/[:.]/g, '-');
  const { name, ext } = parse(file);
  const aside = join(dirname(file), `${name}.damaged-${time}${ext}`);
  await rename(file, aside);
  return aside;
}

const errorSchema = z.object({ message: z.string(), code: z.string().optional() });

/** What the system said: 'ENOENT' where there is no such file. */
export function systemError(thrown: unknown): { readonly message: string; readonly code?: string | undefined } {
  return errorSchema.safeParse(thrown).data ?? { message: 'unknown error' };
}

/** Undefined where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
