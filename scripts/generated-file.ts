import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a file that is made from the sources, or with `--check` says whether it is up to date (exit code 1 where it is not). */
export function writeOrCheck(file: string, text: string, madeFrom: string, command: string): void {
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text);
    console.log(`${file} written.`);
  } else if (onDisk(file) === text) {
    console.log(`${file} is up to date.`);
  } else {
    console.error(`${file} differs from ${madeFrom}. Run "${command}" and commit the result.`);
    process.exitCode = 1;
  }
}

function onDisk(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
