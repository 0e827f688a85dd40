import { glyphsFor, letterGap, rowsBelowTop, type Glyph } from './bitmap-font.js';

/** A text broken into rows that fit. */
export interface TextBlock {
  /** How many pixels a dot of the font is wide and high. A whole number. */
  readonly scale: number;
  readonly rows: readonly TextRow[];
}

export interface TextRow {
  /** Letters from left to right; `undefined` is a space. */
  readonly glyphs: readonly (Glyph | undefined)[];
  /** In dots of the font. */
  readonly width: number;
}

/** In dots of the font. */
export const spaceWidth = 3;

/** Dots from one row to the next. Rows of one text stand closer than their accents and tails might need: the two seldom meet. */
const rowPitch = rowsBelowTop + 3;

/** The longest text that is looked at, in characters. */
const longest = 300;

/** Dots above a capital that count as part of the text where blocks are stacked: accents are rare, and may reach into the gap. */
const headroom = 1;

/** The height of a block in pixels. */
export function textHeight({ rows, scale }: TextBlock): number {
  return rows.length === 0 ? 0 : ((rows.length - 1) * rowPitch + headroom + rowsBelowTop) * scale;
}

/** Where the capitals of a row begin, in pixels below the top of the block. */
export function rowTop(row: number, scale: number): number {
  return (row * rowPitch + headroom) * scale;
}

/**
 * Breaks a text into rows. A text that does not fit in one row is drawn smaller, down to half the size; then in up to
 * `maxRows` rows; and what does not fit then ends in "...".
 */
export function layOut(text: string, { scale, maxWidth, maxRows }: { scale: number; maxWidth: number; maxRows: number }): TextBlock {
  const words = Array.from(text.trim()).slice(0, longest).join('').split(/\s+/u).filter((word) => word !== '');
  const smallest = Math.max(1, Math.ceil(scale / 2));
  const scales = Array.from({ length: scale - smallest + 1 }, (_, index) => scale - index);
  for (const rowsAllowed of new Set([1, maxRows])) {
    for (const tried of scales) {
      const dots = Math.floor(maxWidth / tried);
      const rows = breakIntoRows(words, dots);
      if (rows.length <= rowsAllowed && rows.every((text) => widthOf(text) <= dots)) {
        return { scale: tried, rows: balanced(words, dots, rows).map(row) };
      }
    }
  }
  const dots = Math.floor(maxWidth / smallest);
  const shown = breakIntoRows(words, dots).slice(0, maxRows);
  const rows = [...shown.slice(0, -1), shortened(shown.at(-1) ?? '', dots)];
  return { scale: smallest, rows: rows.filter((text) => text !== '' && widthOf(text) <= dots).map(row) };
}

function row(text: string): TextRow {
  return { glyphs: glyphsFor(text), width: widthOf(text) };
}

function widthOf(text: string): number {
  return glyphsFor(text).reduce((width, glyph) => width + (glyph?.width ?? spaceWidth) + letterGap, -letterGap);
}

function breakIntoRows(words: readonly string[], maxDots: number): string[] {
  const rows: string[] = [];
  let current = '';
  for (const word of words) {
    const joined = current === '' ? word : `${current} ${word}`;
    if (widthOf(joined) <= maxDots) {
      current = joined;
      continue;
    }
    if (current !== '') {
      rows.push(current);
    }
    current = '';
    // A word that is too long for a row by itself is broken anywhere.
    for (const character of word) {
      if (current !== '' && widthOf(current + character) > maxDots) {
        rows.push(current);
        current = '';
      }
      current += character;
    }
  }
  return current === '' ? rows : [...rows, current];
}

/** As many rows, but as narrow as possible: no single word is left over for the last one. */
function balanced(words: readonly string[], maxDots: number, rows: readonly string[]): readonly string[] {
  let best = rows;
  let [tooNarrow, enough] = [0, maxDots];
  while (enough - tooNarrow > 1) {
    const tried = (tooNarrow + enough) >> 1;
    const narrower = breakIntoRows(words, tried);
    // Breaking a word in two to win width would be worse than what we have.
    if (narrower.length === rows.length && words.every((word) => widthOf(word) <= tried)) {
      [best, enough] = [narrower, tried];
    } else {
      tooNarrow = tried;
    }
  }
  return best;
}

function shortened(text: string, maxDots: number): string {
  const characters = Array.from(text);
  while (characters.length > 0 && widthOf(`${characters.join('').trimEnd()}...`) > maxDots) {
    characters.pop();
  }
  return characters.length > 0 ? `${characters.join('').trimEnd()}...` : '';
}

