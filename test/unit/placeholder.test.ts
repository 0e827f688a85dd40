import { describe, expect, test } from '@jest/globals';
import { decode } from 'jpeg-js';
import { glyphsFor } from '../../src/homekit/placeholder/bitmap-font.js';
import { drawPicture } from '../../src/homekit/placeholder/drawing.js';
import { drawPlaceholder } from '../../src/homekit/placeholder/placeholder.js';
import { layOut, textHeight } from '../../src/homekit/placeholder/text-layout.js';

const lines = ['Camera unreachable', 'since 10:42'];

/** Width, height and brightness of each pixel, as another decoder sees them. */
function seen(jpeg: Buffer) {
  const { width, height, data } = decode(jpeg, { useTArray: true });
  return { width, height, luma: Uint8Array.from({ length: width * height }, (_, index) => data[index * 4 + 1] ?? 0) };
}

function rowOfText(text: string): string[] {
  const [glyph] = glyphsFor(text);
  return (glyph?.rows ?? []).map((row) => row.map((ink) => (ink ? '#' : '.')).join(''));
}

describe('the picture', () => {
  test.each([
    [640, 360, 640, 360],
    [1920, 1080, 640, 360],
    [1280, 960, 640, 480],
    [320, 240, 320, 240],
    [160, 90, 160, 90],
    [1080, 1920, 270, 480],
    [333, 77, 333, 77],
    [4096, 1, 640, 1],
    [17, 16, 17, 16],
    [1, 1, 1, 1],
    [1, 3000, 1, 480],
    [0, -5, 1, 1],
    [NaN, Infinity, 1, 480],
  ])('asked for %i x %i is a JPEG of %i x %i: the same shape, never large', async (width, height, drawnWidth, drawnHeight) => {
    expect(seen(await drawPlaceholder({ width, height, title: 'Front Door', lines }))).toMatchObject({ width: drawnWidth, height: drawnHeight });
  });

  test.each([
    [160, 90],
    [640, 360],
    [320, 240],
    [270, 480],
  ])('at %i x %i has a dark ground and letters that stand out from it', (width, height) => {
    const { luma } = seen(drawPicture({ width, height, title: 'Front Door', lines }));
    const sorted = luma.toSorted();
    const share = (from: number) => luma.filter((value) => value >= from).length / luma.length;
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(40);
    expect(sorted.at(-1)).toBeGreaterThan(220);
    expect(share(200)).toBeGreaterThan(0.002);
    expect(share(100)).toBeGreaterThan(0.015);
    expect(share(100)).toBeLessThan(0.3);
  });

  test('nothing touches the edge, however much there is to say', () => {
    for (const [width, height] of [[640, 360], [160, 90], [100, 300], [300, 30], [61, 47]] as const) {
      const { luma } = seen(drawPicture({ width, height, title: 'Camera at the back entrance '.repeat(20), lines: ['W'.repeat(500), 'and so on '.repeat(50)] }));
      const edge = [...luma.subarray(0, width), ...luma.subarray(-width), ...Array.from({ length: height }, (_, y) => [luma[y * width] ?? 0, luma[y * width + width - 1] ?? 0]).flat()];
      expect(Math.max(...edge)).toBeLessThan(60);
    }
  });

  test('is drawn in the middle', () => {
    const { width, height, luma } = seen(drawPicture({ width: 640, height: 360, title: 'Front Door', lines }));
    const inked = Array.from(luma.entries()).filter(([, value]) => value > 100);
    const middle = (values: number[]) => (values.reduce((least, value) => Math.min(least, value), Infinity) + values.reduce((most, value) => Math.max(most, value), 0)) / 2;
    expect(Math.abs(middle(inked.map(([index]) => index % width)) - width / 2)).toBeLessThan(6);
    expect(Math.abs(middle(inked.map(([index]) => Math.floor(index / width))) - height / 2)).toBeLessThan(12);
  });

  test('says what it is told: another name, another line, another picture', () => {
    const pictures = [
      { title: 'Front Door', lines },
      { title: 'Back Door', lines },
      { title: 'Front Door', lines: ['Camera unreachable', 'since 10:43'] },
      { title: 'Front Door', lines: ['Camera unreachable'] },
      { title: 'Front Door', lines: [] },
      { title: '', lines: [] },
    ].map((text) => drawPicture({ width: 320, height: 180, ...text }).toString('base64'));
    expect(new Set(pictures).size).toBe(pictures.length);
  });

  test('is kept: who asks for the same gets the same, and old ones go', async () => {
    const draw = ({ title }: { title: string }) => Promise.resolve(Buffer.from(title));
    const ask = (title: string, width = 320) => drawPlaceholder({ width, height: (width * 9) / 16, title, lines }, draw);
    const first = ask('kept');
    expect(ask('kept')).toBe(first);
    expect(ask('kept large', 1920)).toBe(ask('kept large', 1280));
    for (let index = 0; index < 60; index++) {
      void ask(`other ${index}`);
      expect(ask('kept')).toBe(first);
    }
    for (let index = 0; index < 64; index++) {
      void ask(`another ${index}`);
    }
    expect(ask('kept')).not.toBe(first);
    expect(await ask('kept')).toEqual(await first);
  });

  test('odd texts do no harm', () => {
    for (const title of ['', '   ', '\u0000\n\t', '🚪🚪', '\ud800', 'e\u0301\u0301\u0301', '\u0301', 'ﷺ', 'a'.repeat(100_000), ' '.repeat(100_000)]) {
      expect(seen(drawPicture({ width: 160, height: 90, title, lines: [title, title, title] }))).toMatchObject({ width: 160, height: 90 });
    }
  });
});

describe('the lettering', () => {
  test('every printable character of ASCII and the letters of Europe have a shape of their own', () => {
    const ascii = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    const others = Array.from('äöüÄÖÜßéèêëàáâãåÅæÆçÇñÑíìîïóòôõøØúùûýÿœŒłŁđĐčČšŠžŽřěůőűąęśźżćńğışţțşéÉÈÊ°€£¿¡«»–…');
    const box = rowOfText('\u{1f6aa}').join('/');
    const shapes = new Map<string, string>();
    for (const character of [...ascii, ...others]) {
      const shape = JSON.stringify([glyphsFor(character)[0]?.top, rowOfText(character)]);
      expect([character, rowOfText(character).join('/')]).not.toEqual([character, box]);
      expect([character, shape]).toEqual([character, expect.stringContaining('#')]);
      expect([character, shapes.get(shape) ?? character]).toEqual([character, character]);
      shapes.set(shape, character);
    }
  });

  test('an unknown character is a box, a blank is nothing', () => {
    expect(rowOfText('玄').slice(0, 7)).toEqual(['#####', '#...#', '#...#', '#...#', '#...#', '#...#', '#####']);
    expect(glyphsFor('a b\u00a0')).toEqual([expect.anything(), undefined, expect.anything(), undefined]);
  });

  test('accents are put onto the letter, and i loses its dot', () => {
    expect(glyphsFor('é')).toEqual(glyphsFor('e\u0301'));
    expect(rowOfText('é').slice(0, 4)).toEqual(['...#.', '..#..', '.....', '.###.']);
    expect(rowOfText('ï').slice(0, 3)).toEqual(['#.#', '...', '.#.']);
    expect(glyphsFor('ï')[0]).toMatchObject({ top: 0 });
    expect(glyphsFor('Ä')[0]).toMatchObject({ top: -2, width: 5 });
  });
});

describe('texts are fitted', () => {
  const fit = { scale: 4, maxWidth: 400, maxRows: 2 };
  const letters = (text: string) => layOut(text, fit).rows.map(({ glyphs }) => glyphs.length);

  test.each([
    ['a short text is drawn large, in one row', 'Front Door', 4, [10]],
    ['a longer one smaller', 'Front Door and Garden', 3, [21]],
    ['a long one in two rows of like length, broken between words', 'The camera at the back entrance of the house', 3, [22, 21]],
    ['a word that is too long is broken anywhere', 'W'.repeat(60), 2, [33, 27]],
    ['no text has no rows', ' ', 4, []],
  ])('%s', (_, text, scale, rows) => {
    expect(layOut(text, fit).scale).toBe(scale);
    expect(letters(text)).toEqual(rows);
  });

  test('no single word is left over for the last row', () => {
    const { rows } = layOut('Camera unreachable since 10:42', { scale: 1, maxWidth: 140, maxRows: 2 });
    expect(rows.map(({ glyphs }) => glyphs)).toEqual([glyphsFor('Camera unreachable'), glyphsFor('since 10:42')]);
  });

  test('what does not fit ends in three dots', () => {
    const { rows, scale } = layOut('and so on '.repeat(40), fit);
    expect(rows).toHaveLength(2);
    expect(rows[1]?.glyphs.slice(-3)).toEqual(glyphsFor('...'));
    for (const { width } of rows) {
      expect(width * scale).toBeLessThanOrEqual(400);
    }
  });

  test('where not even a letter fits there is nothing', () => {
    const nothing = layOut('Front Door', { scale: 1, maxWidth: 2, maxRows: 2 });
    expect(nothing.rows).toEqual([]);
    expect(textHeight(nothing)).toBe(0);
  });
});
