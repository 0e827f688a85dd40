/** What the mask says of a pixel. */
export const mark = {
  /** As the background is. */
  quiet: 0,
  /** Differs from the background. */
  changed: 1,
  /** Differs from the background and from the pictures just before: what stands still has only the first. */
  moved: 3,
  /** Part of a region that counts as moving. */
  counted: 4,
  /** Part of a region that only the light has changed. */
  lit: 5,
} as const;

/** Marked pixels so far apart still belong together, as if each were one pixel larger on every side. */
const reach = 2;

/**
 * Connected regions of marked pixels, from runs of them in each row. All memory is taken once for a size of picture; what it says
 * of regions holds until the next `find`.
 */
export class Regions {
  /** For each region: its pixels, those of them that moved, and the box around the rows' runs that moved (ends exclusive). */
  readonly area: Int32Array;
  readonly moved: Int32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly top: Int32Array;
  readonly bottom: Int32Array;
  readonly #width: number;
  readonly #height: number;
  readonly #runRow: Int32Array;
  readonly #runStart: Int32Array;
  readonly #runEnd: Int32Array;
  readonly #runArea: Int32Array;
  readonly #runMoved: Int32Array;
  /** Of runs: another run of the same region, or itself. */
  readonly #parent: Int32Array;
  readonly #regionOf: Int32Array;
  /** The first run of each row, and one past the last row. */
  readonly #rowFirst: Int32Array;
  #runs = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    const mostRuns = (Math.floor(width / (reach + 1)) + 1) * height;
    const perRun = (): Int32Array => new Int32Array(mostRuns);
    [this.area, this.moved, this.left, this.right, this.top, this.bottom] = [perRun(), perRun(), perRun(), perRun(), perRun(), perRun()];
    [this.#runRow, this.#runStart, this.#runEnd, this.#runArea, this.#runMoved] = [perRun(), perRun(), perRun(), perRun(), perRun()];
    [this.#parent, this.#regionOf] = [perRun(), perRun()];
    this.#rowFirst = new Int32Array(height + 1);
  }

  /** @returns how many regions there are. */
  find(mask: Uint8Array): number {
    this.#runs = 0;
    for (let row = 0; row < this.#height; row++) {
      this.#rowFirst[row] = this.#runs;
      this.#findRuns(mask, row);
      for (let above = 1; above <= Math.min(reach, row); above++) {
        this.#join(row, row - above);
      }
    }
    this.#rowFirst[this.#height] = this.#runs;
    return this.#measure();
  }

  /** Calls for each run of marked pixels of a region; the gaps in it are not marked. For few, large regions: it looks at all runs. */
  eachRun(region: number, visit: (row: number, start: number, end: number) => void): void {
    for (let run = 0; run < this.#runs; run++) {
      if (this.#regionOf[run] === region) {
        visit(this.#runRow[run] ?? 0, this.#runStart[run] ?? 0, this.#runEnd[run] ?? 0);
      }
    }
  }

  /** Marks all pixels of a region anew. */
  paint(region: number, mask: Uint8Array, value: number): void {
    this.eachRun(region, (row, start, end) => {
      for (let index = row * this.#width + start; index < row * this.#width + end; index++) {
        if (mask[index] !== mark.quiet) {
          mask[index] = value;
        }
      }
    });
  }

  #findRuns(mask: Uint8Array, row: number): void {
    const first = row * this.#width;
    const past = first + this.#width;
    for (let index = first; index < past; index++) {
      const value = mask[index] ?? 0;
      if (value !== mark.quiet) {
        const column = index - first;
        const known = this.#runs - 1;
        const moved = Number(value === mark.moved);
        if (known >= (this.#rowFirst[row] ?? 0) && column - (this.#runEnd[known] ?? 0) < reach) {
          this.#runEnd[known] = column + 1;
          this.#runArea[known] = (this.#runArea[known] ?? 0) + 1;
          this.#runMoved[known] = (this.#runMoved[known] ?? 0) + moved;
        } else {
          this.#beginRun(row, column, moved);
        }
      }
    }
  }

  #beginRun(row: number, column: number, moved: number): void {
    const run = this.#runs++;
    this.#runRow[run] = row;
    this.#runStart[run] = column;
    this.#runEnd[run] = column + 1;
    this.#runArea[run] = 1;
    this.#runMoved[run] = moved;
    this.#parent[run] = run;
  }

  /** Joins the runs of a row with those above it that they reach. */
  #join(row: number, above: number): void {
    let upper = this.#rowFirst[above] ?? 0;
    const upperPast = this.#rowFirst[above + 1] ?? 0;
    for (let run = this.#rowFirst[row] ?? 0; run < this.#runs; run++) {
      const start = (this.#runStart[run] ?? 0) - reach;
      const end = (this.#runEnd[run] ?? 0) + reach;
      while (upper < upperPast && (this.#runEnd[upper] ?? 0) <= start) {
        upper++;
      }
      for (let each = upper; each < upperPast && (this.#runStart[each] ?? 0) < end; each++) {
        this.#parent[this.#rootOf(run)] = this.#rootOf(each);
      }
    }
  }

  #rootOf(run: number): number {
    const parent = this.#parent;
    let root = run;
    for (let next = parent[root] ?? root; next !== root; next = parent[root] ?? root) {
      parent[root] = parent[next] ?? next;
      root = next;
    }
    return root;
  }

  #measure(): number {
    let regions = 0;
    this.#regionOf.fill(-1, 0, this.#runs);
    for (let run = 0; run < this.#runs; run++) {
      const root = this.#rootOf(run);
      let region = this.#regionOf[root] ?? -1;
      if (region < 0) {
        region = regions++;
        this.#regionOf[root] = region;
        this.#begin(region);
      }
      this.#regionOf[run] = region;
      this.#add(region, run);
    }
    return regions;
  }

  #begin(region: number): void {
    this.area[region] = 0;
    this.moved[region] = 0;
    this.left[region] = this.#width;
    this.right[region] = 0;
    this.top[region] = this.#height;
    this.bottom[region] = 0;
  }

  #add(region: number, run: number): void {
    this.area[region] = (this.area[region] ?? 0) + (this.#runArea[run] ?? 0);
    const moved = this.#runMoved[run] ?? 0;
    if (moved > 0) {
      const row = this.#runRow[run] ?? 0;
      this.moved[region] = (this.moved[region] ?? 0) + moved;
      this.left[region] = Math.min(this.left[region] ?? 0, this.#runStart[run] ?? 0);
      this.right[region] = Math.max(this.right[region] ?? 0, this.#runEnd[run] ?? 0);
      this.top[region] = Math.min(this.top[region] ?? 0, row);
      this.bottom[region] = Math.max(this.bottom[region] ?? 0, row + 1);
    }
  }
}
