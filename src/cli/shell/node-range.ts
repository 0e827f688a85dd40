/** Versions of Node and a range of carets, `^22.12.0 || ^24.0.0`: that is all that our `engines` has. Pure, and for any Node. */

/** @param version as in `process.versions.node` */
export function isInRange(version: string, range: string): boolean {
  const [major = 0, minor = 0] = numbersOf(version);
  return leastVersions(range).some(([leastMajor = 0, leastMinor = 0]) => major === leastMajor && minor >= leastMinor);
}

/** Older than all that is in the range. A version between two of them, or a newer one, is not. */
export function isTooOld(version: string, range: string): boolean {
  const [major = 0, minor = 0] = numbersOf(version);
  return leastVersions(range).every(([leastMajor = 0, leastMinor = 0]) => major < leastMajor || (major === leastMajor && minor < leastMinor));
}

function leastVersions(range: string): number[][] {
  return range.split('||').map((part) => numbersOf(part.trim().replace('^', '')));
}

function numbersOf(version: string): number[] {
  return version.split('.').map(Number);
}
