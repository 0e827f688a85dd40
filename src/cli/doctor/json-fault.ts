/** Where a text stops being JSON (RFC 8259). Pure: what JSON.parse says of it differs from Node to Node, and repeats pieces of the text. */
export type JsonFault =
  /** More should follow. */
  | { readonly kind: 'end' }
  /** A byte order mark stands in front of it, as some editors of Windows write. */
  | { readonly kind: 'mark' }
  /** What stands there cannot; both count from 1. */
  | { readonly kind: 'place'; readonly line: number; readonly column: number };

type Token = '{' | '}' | '[' | ']' | ':' | ',' | 'text' | 'word';

/** What has to come next, and by what it is known. */
const expectations = {
  'value': ['{', '[', 'text', 'word'],
  'value or ]': ['{', '[', 'text', 'word', ']'],
  'name': ['text'],
  'name or }': ['text', '}'],
  ':': [':'],
  ', or }': [',', '}'],
  ', or ]': [',', ']'],
  'nothing': [],
} as const satisfies Record<string, readonly Token[]>;
type Expected = keyof typeof expectations;

const byteOrderMark = '\uFEFF';
const blank = /[ \t\r\n]*/y;
const punctuation = /[{}[\]:,]/y;
/** All of a text but its end. */
const openText = /"(?:[ !#-[\]-\uFFFF]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*/y;
const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![^\s,:"[\]{}])/y;

/** Undefined where it is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  if (text.startsWith(byteOrderMark)) {
    return { kind: 'mark' };
  }
  const at = faultAt(text);
  if (at === undefined || at >= text.length) {
    return at === undefined ? undefined : { kind: 'end' };
  }
  const before = text.slice(0, at).split('\n');
  return { kind: 'place', line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** The first character that cannot stand where it does; the length of the text where it ends too early. */
function faultAt(text: string): number | undefined {
  const open: Token[] = [];
  let expected: Expected = 'value';
  let at = endOf(blank, text, 0) ?? 0;
  while (at < text.length) {
    const { token, end } = tokenAt(text, at);
    const allowed: readonly Token[] = expectations[expected];
    if (token === undefined || !allowed.includes(token)) {
      return token === undefined ? end : at;
    }
    if (token === '{' || token === '[') {
      open.push(token);
    } else if (token === '}' || token === ']') {
      open.pop();
    }
    expected = after(token, expected, open.at(-1));
    at = endOf(blank, text, end) ?? end;
  }
  return expected === 'nothing' ? undefined : text.length;
}

/** @param within what is open, this token included. */
function after(token: Token, expected: Expected, within: Token | undefined): Expected {
  switch (token) {
    case '{':
      return 'name or }';
    case '[':
      return 'value or ]';
    case ':':
      return 'value';
    case ',':
      return within === '{' ? 'name' : 'value';
    case 'text':
      if (expected === 'name' || expected === 'name or }') {
        return ':';
      }
  }
  return within === undefined ? 'nothing' : within === '{' ? ', or }' : ', or ]';
}

/** @returns `token` undefined where there is none, and `end` is then where it goes wrong. */
function tokenAt(text: string, at: number): { readonly token: Token | undefined; readonly end: number } {
  if (endOf(punctuation, text, at) !== undefined) {
    return { token: text.charAt(at) as Token, end: at + 1 };
  }
  const ofText = endOf(openText, text, at);
  if (ofText !== undefined) {
    return text.charAt(ofText) === '"' ? { token: 'text', end: ofText + 1 } : { token: undefined, end: ofText };
  }
  const ofWord = endOf(word, text, at);
  return { token: ofWord === undefined ? undefined : 'word', end: ofWord ?? at };
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
