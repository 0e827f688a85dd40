import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Of this plugin, from its package.json; two folders up, as the compiled file lies in dist/src. */
export const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));
