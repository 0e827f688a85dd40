/**
 * The lettering of the pictures that are drawn here: no system font is needed. Letters are up to 6 pixels wide; rows 0 to 6
 * hold capitals (small letters start at row 2), rows 7 and 8 what hangs below the line. Accents are put together from marks.
 */
export interface Glyph {
  /** How many columns have ink, at least 1. */
  readonly width: number;
  /** The topmost row, relative to the top of a capital; negative for accents above one. */
  readonly top: number;
  /** Row by row from `top`: true where there is ink. */
  readonly rows: readonly (readonly boolean[])[];
}

/** Rows from the top of a capital to the end of what hangs below the line. Accents may need up to four more above. */
export const rowsBelowTop = 9;

/** Columns between two letters. */
export const letterGap = 1;

/** Joiners, direction marks and the like, and the selectors behind emoji. */
const invisible = /[\p{Cf}\uFE0E\uFE0F]/gu;

/** The letters of a text as they are drawn. A character without a letter here becomes a box, a space `undefined`. */
export function glyphsFor(text: string): (Glyph | undefined)[] {
  // Composed first: what Unicode takes for one character is one letter (u with a combining diaeresis is \u00fc).
  return Array.from(text.normalize('NFC').replace(invisible, ''), (character) => (/^[\s\p{Z}\p{Cc}]$/u.test(character) ? undefined : glyphFor(character)));
}

const composed = new Map<string, Glyph>();

function glyphFor(character: string): Glyph {
  const glyph = letters.get(character) ?? composed.get(character) ?? compose(character) ?? unknown;
  // Bounded: only what can be composed is kept, some hundred characters.
  if (glyph !== unknown && !letters.has(character)) {
    composed.set(character, glyph);
  }
  return glyph;
}

/** \u00e9 is e with an acute accent: letter and marks by Unicode's own decomposition. */
function compose(character: string): Glyph | undefined {
  const [base = '', ...marks] = character.normalize('NFD');
  const above = marks.some((mark) => marksAbove.has(mark));
  const letter = letters.get(above ? (dotless.get(base) ?? base) : base);
  if (!letter || marks.length === 0) {
    return undefined;
  }
  return marks.reduce<Glyph | undefined>((glyph, mark) => glyph && withMark(glyph, mark), letter);
}

const dotless = new Map([
  ['i', '\u0131'],
  ['j', '\u0237'],
]);

function withMark(letter: Glyph, mark: string): Glyph | undefined {
  const art = marksAbove.get(mark) ?? marksBelow.get(mark);
  if (!art) {
    return undefined;
  }
  const inkTop = letter.rows.findIndex((row) => row.includes(true)) + letter.top;
  const markTop = marksAbove.has(mark) ? inkTop - art.length - 1 : 7;
  const markWidth = Math.max(...art.map((row) => row.length));
  const width = Math.max(letter.width, markWidth);
  const [letterLeft, markLeft] = [(width - letter.width) >> 1, (width - markWidth) >> 1];
  const top = Math.min(letter.top, markTop);
  const bottom = Math.max(letter.top + letter.rows.length, markTop + art.length);
  const rows = Array.from({ length: bottom - top }, (_, index) =>
    Array.from({ length: width }, (_, column) => {
      const inLetter = letter.rows[top + index - letter.top]?.[column - letterLeft] ?? false;
      return inLetter || art[top + index - markTop]?.[column - markLeft] === '#';
    }),
  );
  return { width, top, rows };
}

const marksAbove = new Map([
  ['\u0300', ['#  ', ' # ']], // grave
  ['\u0301', ['  #', ' # ']], // acute
  ['\u0302', [' # ', '# #']], // circumflex
  ['\u0303', [' # #', '# # ']], // tilde
  ['\u0304', ['###']], // macron
  ['\u0306', ['#  #', ' ## ']], // breve
  ['\u0307', ['#']], // dot
  ['\u0308', ['# #']], // diaeresis
  ['\u030a', [' # ', '# #', ' # ']], // ring
  ['\u030b', ['# #', '# #']], // double acute
  ['\u030c', ['# #', ' # ']], // caron
]);

const marksBelow = new Map([
  ['\u0323', ['', '#']], // dot
  ['\u0326', [' #', '# ']], // comma
  ['\u0327', [' # ', '## ']], // cedilla
  ['\u0328', ['# ', ' #']], // ogonek
]);

/** Up to 13 letters side by side, each in 7 columns, after the 6 columns of this file's own indentation. */
const bands: readonly (readonly [characters: string, art: string])[] = [
  [
    'ABCDEFGHIJKLM',
    `
       ###   ####    ###   ####   #####  #####   ###   #   #  ###      ###  #   #  #      #   #
      #   #  #   #  #   #  #   #  #      #      #   #  #   #   #        #   #  #   #      ## ##
      #   #  #   #  #      #   #  #      #      #      #   #   #        #   # #    #      # # #
      #####  ####   #      #   #  ####   ####   # ###  #####   #        #   ##     #      # # #
      #   #  #   #  #      #   #  #      #      #   #  #   #   #        #   # #    #      #   #
      #   #  #   #  #   #  #   #  #      #      #   #  #   #   #     #  #   #  #   #      #   #
      #   #  ####    ###   ####   #####  #       ###   #   #  ###     ##    #   #  #####  #   #


`,
  ],
  [
    'NOPQRSTUVWXYZ',
    `
      #   #   ###   ####    ###   ####    ###   #####  #   #  #   #  #   #  #   #  #   #  #####
      ##  #  #   #  #   #  #   #  #   #  #   #    #    #   #  #   #  #   #  #   #  #   #      #
      ##  #  #   #  #   #  #   #  #   #  #        #    #   #  #   #  #   #   # #    # #      #
      # # #  #   #  ####   #   #  ####    ###     #    #   #  #   #  # # #    #      #      #
      #  ##  #   #  #      # # #  # #        #    #    #   #  #   #  # # #   # #     #     #
      #  ##  #   #  #      #  #   #  #   #   #    #    #   #   # #   ## ##  #   #    #    #
      #   #   ###   #       ## #  #   #   ###     #     ###     #    #   #  #   #    #    #####


`,
  ],
  [
    'abcdefghijklm',
    `
             #                 #          ##           #      #        #    #      #
             #                 #         #             #                    #      #
       ###   ####    ###    ####   ###   ###     ####  ####   #        #    #  #   #      ## #
          #  #   #  #      #   #  #   #  #      #   #  #   #  #        #    # #    #      # # #
       ####  #   #  #      #   #  #####  #      #   #  #   #  #        #    ##     #      # # #
      #   #  #   #  #      #   #  #      #      #   #  #   #  #        #    # #    #      # # #
       ####  ####    ###    ####   ###   #       ####  #   #  #        #    #  #    #     # # #
                                                    #                # #
                                                 ###                  #
`,
  ],
  [
    'nopqrstuvwxyz',
    `
                                                 #
                                                 #
      ####    ###   ####    ####  # ##    ####  ###    #   #  #   #  #   #  #   #  #   #  #####
      #   #  #   #  #   #  #   #  ##     #       #     #   #  #   #  #   #   # #   #   #     #
      #   #  #   #  #   #  #   #  #       ###    #     #   #  #   #  # # #    #    #   #    #
      #   #  #   #  #   #  #   #  #          #   #     #   #   # #   # # #   # #   #   #   #
      #   #   ###   ####    ####  #      ####     #     ####    #     # #   #   #   ####  #####
                    #          #                                                       #
                    #          #                                                    ###
`,
  ],
  [
    '0123456789.,:',
    `
       ###    #      ###   #####     #   #####    ##   #####   ###    ###
      #   #  ##     #   #     #     ##   #       #         #  #   #  #   #
      #   #   #         #    #     # #   ####   #         #   #   #  #   #
      # # #   #       ##    ###   #  #       #  ####     #     ###    ####                #
      #   #   #      #         #  #####      #  #   #   #     #   #      #
      #   #   #     #      #   #     #   #   #  #   #   #     #   #     #           #
       ###   ###    #####   ###      #    ###    ###    #      ###    ##    #       #     #
                                                                                   #

`,
  ],
  [
    ';!?\'"`-_+*/\\|',
    `
             #       ###   #      # #    #                                      #  #      #
             #      #   #  #      # #     #                            #        #  #      #
             #          #  #      # #                           #    # # #     #    #     #
       #     #         #                                        #     ###     #      #    #
             #        #                         ###           #####  # # #   #        #   #
       #                                                        #      #    #          #  #
       #     #        #                                         #           #          #  #
      #                                                #####

`,
  ],
  [
    '()[]{}<>=~^#$',
    `
        #    #      ##     ##       #    #                                    #     # #     #
       #      #     #       #      #      #        #   #                     # #    # #    ####
      #        #    #       #      #      #       #     #                   #   #  #####  # #
      #        #    #       #     #        #     #       #    ####    # #           # #    ###
      #        #    #       #      #      #       #     #            # #           #####    # #
       #      #     #       #      #      #        #   #      ####                  # #   ####
        #    #      ##     ##       #    #                                          # #     #


`,
  ],
  [
    '%&@ßæÆøØœŒłŁđ',
    `
      ##  #   ##     ###    ##            ####          ###           ####   #      #        #
      ## #   #  #   #   #  #  #          # #        #  #  ##         # #     #      #       ###
         #   #  #   # ###  #  #   ####   # #     ###   #  ##   # #   # #     ##     # #      #
        #     ##    # # #  # ##     # #  #####  #  ##  # # #  # # #  # ##    #      ##     ###
       #     # # #  # ##   #   #   ####  # #    # # #  ##  #  # ###  # #    ##     ##     #  #
       # ##  #  #   #      #   #  # #    # #    ##  #  ##  #  # #    # #     #      #     #  #
      #  ##   ## #   ###   # ##    ####  # ###   ###    ###    # ##   ####    #     ####   ###
                                                #

`,
  ],
  [
    'ĐðþÞıȷ°·–—‘’“',
    `
       ###    # #   #      #                     #                          #      #      # #
       #  #    #    #      ####                 # #                         #      #      # #
       #  #   # #   ####   #   #  #        #     #                          #      #      # #
      ### #      #  #   #  #   #  #        #
       #  #   ####  #   #  ####   #        #           #      ####   ######
       #  #  #   #  #   #  #      #        #
       ###    ###   ####   #      #        #
                    #                    # #
                    #                     #
`,
  ],
  [
    '”…€£¿¡«»\ufffd',
    `
      # #             ##     ##     #                         #####
      # #            #      #  #                              #   #
      # #           ####    #       #    #                    #   #
                     #     ###     #             # #   # #    #   #
                    ####    #     #      #      # #     # #   #   #
                     #      #     #   #  #       # #   # #    #   #
             # # #    ##   #####   ###   #                    #####
                                         #
                                         #
`,
  ],
];

const letters = new Map(bands.flatMap(([characters, art]) => Array.from(characters, (character, index) => [character, cut(art, index)] as const)));

const unknown = letters.get('\ufffd') ?? { width: 1, top: 0, rows: [[true]] };

function cut(art: string, index: number): Glyph {
  const left = 6 + 7 * index;
  const cells = art.split('\n').slice(1, 1 + rowsBelowTop);
  const drawn = cells.map((line) => line.slice(left, left + 7).trimEnd());
  const width = Math.max(1, ...drawn.map((row) => row.length));
  return { width, top: 0, rows: drawn.map((row) => Array.from({ length: width }, (_, column) => row[column] === '#')) };
}
