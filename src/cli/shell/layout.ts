import { columns } from './screen.js';

/** Text for a page of 80 columns. Pure. */

/** What is set in front of the first line of something, and what in front of the others. */
export interface Margins {
  readonly first: string;
  readonly rest: string;
}

/** A paragraph in lines that fit; a word that does not fit has a line of its own. */
export function wrapped(text: string, { first, rest }: Margins = { first: '', rest: '' }): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const margin = lines.length === 0 ? first : rest;
    if (line !== '' && margin.length + line.length + 1 + word.length > columns) {
      lines.push(margin + line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push((lines.length === 0 ? first : rest) + line);
  return lines.join('\n');
}

/** Labels on the left, and what belongs to them on the right, where there is any. */
export function table(rows: readonly (readonly [label: string, text: string | undefined])[]): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => label.length));
  return shown.map(([label, text]) => wrapped(text, { first: `  ${label.padEnd(width)}  `, rest: ' '.repeat(width + 4) })).join('\n');
}

/** A heading and what stands under it; nothing where that is empty. */
export function section(heading: string, body: string): string[] {
  return body === '' ? [] : [`${heading}\n${body}`];
}

export function list(items: readonly string[]): string {
  return items.map((item) => wrapped(item, { first: '  - ', rest: '    ' })).join('\n');
}
