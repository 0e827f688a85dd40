/** The narrowest that is at least so wide, else the widest; undefined where there are none. */
export function nearestAbove<Item>(width: number, items: readonly Item[], widthOf: (item: Item) => number): Item | undefined {
  const byWidth = [...items].sort((a, b) => widthOf(a) - widthOf(b));
  return byWidth.find((item) => widthOf(item) >= width) ?? byWidth.at(-1);
}
