import { mkdirSync } from 'node:fs';

/** Node's options with which a process writes a V8 CPU profile into the folder when it ends. */
export function profiling(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return ['--cpu-prof', '--cpu-prof-interval=500', `--cpu-prof-dir=${folder}`];
}
