/** The name that was probably meant: the nearest one, if it is near enough to be a slip of the finger. */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  // Longer than any option, with room for slips: not a slip, and not worth comparing.
  if (typed.length > 40) {
    return undefined;
  }
  const ranked = names
    .map((name) => ({ name, slips: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, slips }) => slips <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.slips - b.slips);
  return ranked[0]?.name;
}

/** How many letters must be changed, added, dropped or swapped with their neighbour (optimal string alignment distance). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const add = (current[column - 1] ?? 0) + 1;
      const drop = (last[column] ?? 0) + 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(change, add, drop, swap));
    }
    [beforeLast, last] = [last, current];
  }
  return last[b.length] ?? 0;
}
