/**
 * The marks in the simulated camera's picture: a grid of 20 x 9 cells, independent of the resolution.
 *
 * Row 0: white, black, the frame counter (16 bits, highest first), its check (2 bits).
 * Row 1: black, white, the clock in milliseconds (16 bits), its check (2 bits).
 * Rows 7 and 8, columns 0 to 7: the flash, white or black; columns 12 to 19: a patch of one colour, where that is asked for.
 *
 * A check is `value mod 3 + 1`: a single misread bit always changes it, and it is never all black.
 */

/** A rectangle in cells of the grid. */
export interface CellArea {
  readonly column: number;
  readonly row: number;
  readonly columns: number;
  readonly rows: number;
}

export const gridColumns = 20;
export const gridRows = 9;
export const valueBits = 16;
export const checkBits = 2;
export const firstBitColumn = 2;
export const counterRow = 0;
export const clockRow = 1;
export const flashArea: CellArea = { column: 0, row: 7, columns: 8, rows: 2 };

export const patchArea: CellArea = { column: 12, row: 7, columns: 8, rows: 2 };

/** The patch as FFmpeg draws it, and what it is in limited range (BT.601). */
export const patchColour = { rgb: '0xC04020', y: 101, cb: 95, cr: 187 } as const;

/** For `motionZones`: leaves the marks out, which change with every picture. Half a cell wider than they are, for the blur of scaling and analysis. */
export const marksZones = [
  excluded({ column: 0, row: 0, columns: gridColumns, rows: clockRow + 1 }),
  excluded(flashArea),
] as const;

/** How many frames a flash lasts; it begins with each full second of the loop. */
export const flashFrames = 3;

/** Column of a row's white reference cell; its black one is the other of the first two. */
export function whiteReferenceColumn(row: number): number {
  return row === counterRow ? 0 : 1;
}

/** What is written in one picture. */
export interface Marks {
  /** Index of the frame within the loop. */
  readonly counter: number;
  /** Time of the frame within the loop, in milliseconds, rounded. */
  readonly clockMs: number;
  /** True in the first three frames of each second. */
  readonly flash: boolean;
}

/** References closer together than this cannot be told apart safely. */
const smallestContrast = 60;

/**
 * Reads the marks from a luma plane of any size, full or limited range; `stride` is the length of a row in bytes.
 * Undefined when the picture has none, or when a cell or a check shows that it is damaged.
 */
export function readMarks(luma: Uint8Array, width: number, height: number, stride = width): Marks | undefined {
  if (luma.length < stride * (height - 1) + width) {
    return undefined;
  }
  const picture: Picture = { luma, width, height, stride };
  const counter = readValue(picture, counterRow);
  const clockMs = readValue(picture, clockRow);
  const flash = readBit(brightness(picture, flashArea), references(picture, counterRow));
  return counter === undefined || clockMs === undefined || flash === undefined ? undefined : { counter, clockMs, flash: flash === 1 };
}

/** Brightness of the white and the black cell beside the counter, and the mean of each plane over the patch. */
export interface Levels {
  readonly white: number;
  readonly black: number;
  readonly patch: { readonly y: number; readonly cb: number; readonly cr: number };
}

/** @param i420 without anything between its planes. */
export function readLevels(i420: Uint8Array, width: number, height: number): Levels {
  const [cw, ch] = [width / 2, height / 2];
  const mean = (luma: Uint8Array, w: number, h: number): number => brightness({ luma, width: w, height: h, stride: w }, patchArea);
  const chroma = i420.subarray(width * height);
  return {
    ...references({ luma: i420, width, height, stride: width }, counterRow),
    patch: { y: mean(i420, width, height), cb: mean(chroma, cw, ch), cr: mean(chroma.subarray(cw * ch), cw, ch) },
  };
}

function excluded({ column, row, columns, rows }: CellArea) {
  const x = (cells: number): number => Math.min(1, Math.max(0, cells / gridColumns));
  const y = (cells: number): number => Math.min(1, Math.max(0, cells / gridRows));
  const [left, right, top, bottom] = [x(column - 0.5), x(column + columns + 0.5), y(row - 0.5), y(row + rows + 0.5)];
  return { kind: 'exclude', points: [{ x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }] } as const;
}

interface Picture {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly stride: number;
}

interface References {
  readonly black: number;
  readonly white: number;
}

function references(picture: Picture, row: number): References {
  const white = whiteReferenceColumn(row);
  return { white: brightness(picture, cell(white, row)), black: brightness(picture, cell(1 - white, row)) };
}

/** The checked number in one row. */
function readValue(picture: Picture, row: number): number | undefined {
  const levels = references(picture, row);
  let bits = 0;
  for (let index = 0; index < valueBits + checkBits; index += 1) {
    const bit = readBit(brightness(picture, cell(firstBitColumn + index, row)), levels);
    if (bit === undefined) {
      return undefined;
    }
    bits = bits * 2 + bit;
  }
  const value = Math.floor(bits / 2 ** checkBits);
  return (value % 3) + 1 === bits % 2 ** checkBits ? value : undefined;
}

function readBit(level: number, { black, white }: References): 0 | 1 | undefined {
  if (white - black < smallestContrast) {
    return undefined;
  }
  const share = (level - black) / (white - black);
  if (share < -0.3 || (share > 0.3 && share < 0.7) || share > 1.3) {
    return undefined;
  }
  return share >= 0.7 ? 1 : 0;
}

function cell(column: number, row: number): CellArea {
  return { column, row, columns: 1, rows: 1 };
}

/** Mean of the middle half of an area: its edges are blurred by scaling and compression. */
function brightness({ luma, width, height, stride }: Picture, area: CellArea): number {
  const left = Math.round(((area.column + area.columns * 0.25) * width) / gridColumns);
  const right = Math.max(left + 1, Math.round(((area.column + area.columns * 0.75) * width) / gridColumns));
  const top = Math.round(((area.row + area.rows * 0.25) * height) / gridRows);
  const bottom = Math.max(top + 1, Math.round(((area.row + area.rows * 0.75) * height) / gridRows));
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) {
      sum += luma[y * stride + x] ?? 0;
    }
  }
  return sum / ((right - left) * (bottom - top));
}
