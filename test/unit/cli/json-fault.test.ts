import { expect, test } from '@jest/globals';
import { jsonFault } from '../../../src/cli/doctor/json-fault.js';

test.each([
  ['a comma too many in a list', '[\n  {"a": 1},\n]', { kind: 'place', line: 3, column: 1 }],
  ['a comma too many in a group', '{"a": 1,}', { kind: 'place', line: 1, column: 9 }],
  ['a value without quotes', '{\n"a": bad }', { kind: 'place', line: 2, column: 6 }],
  ['a name without quotes', '{a: 1}', { kind: 'place', line: 1, column: 2 }],
  ['a comment', '{\n  // a camera\n  "a": 1\n}', { kind: 'place', line: 2, column: 3 }],
  ['single quotes', "{'a': 1}", { kind: 'place', line: 1, column: 2 }],
  ['a missing comma', '{"a": 1 "b": 2}', { kind: 'place', line: 1, column: 9 }],
  ['a missing colon', '{"a" 1}', { kind: 'place', line: 1, column: 6 }],
  ['a quote that is missing at the end of a line', '{"a": "b\n}', { kind: 'place', line: 1, column: 9 }],
  ['a backslash of Windows', '{"a": "C:\\x"}', { kind: 'place', line: 1, column: 10 }],
  ['the wrong bracket', '{"a": [1}', { kind: 'place', line: 1, column: 9 }],
  ['something behind the end', '{}\n}', { kind: 'place', line: 2, column: 1 }],
  ['Python', '[True]', { kind: 'place', line: 1, column: 2 }],
  ['a number as in C', '[010]', { kind: 'place', line: 1, column: 2 }],
  ['a missing bracket', '{"a": [1, 2]', { kind: 'end' }],
  ['a text that does not end', '{"a": "b', { kind: 'end' }],
  ['a colon at the end', '{"a":', { kind: 'end' }],
  ['nothing', ' \n', { kind: 'end' }],
  ['a byte order mark', '\uFEFF{}', { kind: 'mark' }],
])('%s', (_name, text, fault) => {
  expect(jsonFault(text)).toEqual(fault);
});

test('it takes what JSON.parse takes, and nothing else', () => {
  const seeds = ['{"a":[1,-2.5e+3,0,"x\\u00e4\\n\\"",null],"b":{"c":true,"d":{}},"e":[]}', ' [ [ ] , { "" : "" } , false ]\r\n', '"\u007F\u2028"', '7'];
  const characters = ['', ',', ':', '"', '\\', '[', ']', '{', '}', ' ', '\n', '0', '-', '.', 'e', 'x', '\t', '\u00A0'];
  for (const seed of seeds) {
    for (let at = 0; at <= seed.length; at += 1) {
      for (const character of characters) {
        for (const text of [seed.slice(0, at) + character + seed.slice(at), seed.slice(0, at) + character + seed.slice(at + 1), seed.slice(0, at) + character]) {
          expect([text, jsonFault(text) === undefined]).toEqual([text, isJson(text)]);
        }
      }
    }
  }
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
