import type { AccessUnit } from '../../../src/media/access-unit.js';
import { readMarks } from '../camera/marks.js';
import { decodeUnits } from '../seen-pictures.js';

/** The numbers in the pictures, from the first keyframe on; undefined where one cannot be read. @throws where they do not decode without an error. */
export async function numbersIn(units: readonly AccessUnit[], { width, height }: { readonly width: number; readonly height: number }): Promise<(number | undefined)[]> {
  const { luma, errors } = await decodeUnits(units, { width, height });
  if (errors !== '') {
    throw new Error(errors);
  }
  return luma.map((each) => readMarks(each, width, height)?.counter);
}

/** From each to the next, of so many that follow on each other in a circle; NaN beside one that could not be read. */
export function stepsBetween(numbers: readonly (number | undefined)[], count: number): number[] {
  return numbers.slice(1).map((number = NaN, index) => (number - (numbers[index] ?? NaN) + count) % count);
}
