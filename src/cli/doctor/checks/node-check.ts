import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isInRange } from '../../shell/node-range.js';
import { check } from '../check.js';
import { ok, warning, type Finding } from '../finding.js';

export interface NodeFacts {
  readonly version: string;
  /** Of package.json. */
  readonly range: string;
}

const packageSchema = z.object({ engines: z.object({ node: z.string() }) });

export const nodeCheck = check({ title: 'Node', doing: 'Looking at Node', gather: gatherNode, judge: judgeNode });

async function gatherNode(): Promise<NodeFacts> {
  // Five folders up, as the compiled file lies in dist/src/cli/doctor/checks.
  const { engines } = packageSchema.parse(JSON.parse(await readFile(new URL('../../../../../package.json', import.meta.url), 'utf8')));
  return { version: process.versions.node, range: engines.node };
}

export function judgeNode({ version, range }: NodeFacts): readonly Finding[] {
  return [isInRange(version, range) ? ok(`Node ${version}`) : warning(`Node ${version}; the plugin is made for ${range}`, 'Install Node 24, if Homebridge itself runs with this one.')];
}
