import { closeSync, openSync, readSync } from 'node:fs';

/** One for all, as reading does not wait: nothing is allocated for the hundred files of a sample but their text. */
const buffer = Buffer.allocUnsafe(65_536);

/**
 * The beginning of a file of /proc or /sys, up to 64 KiB in one read, which the kernel answers from memory. Half the cost of `readFileSync`,
 * a third of a read in the thread pool (docs/facts.md). Undefined where it cannot be read.
 */
export function readSmallFile(path: string): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) {
      closeSync(file);
    }
  }
}

/** A file with nothing but a number. Undefined where it cannot be read, or holds something else. */
export function readNumber(path: string): number | undefined {
  return parseNumber(readSmallFile(path));
}

export function parseNumber(text: string | undefined): number | undefined {
  const digits = text?.trim();
  return digits && /^-?\d+$/.test(digits) ? Number(digits) : undefined;
}
