import { expect, test } from '@jest/globals';
import { parameterIn, readTarget } from '../../../src/triggers/http/request-target.js';
import { below, seededRandom } from '../../support/seeded-random.js';

test.each([
  ['/cameras/front-door/motion', ['cameras', 'front-door', 'motion'], ''],
  ['/cameras/front-door/motion?token=abc', ['cameras', 'front-door', 'motion'], 'token=abc'],
  ['http://10.0.0.2:8582/cameras/a/doorbell?x', ['cameras', 'a', 'doorbell'], 'x'],
  ['HTTP://host/motion?Front%20Door', ['motion'], 'Front%20Door'],
  ['//cameras///a/motion/', ['cameras', 'a', 'motion'], ''],
  ['/cameras/a%2Fb/motion', ['cameras', 'a/b', 'motion'], ''],
  ['/cameras/../../etc/passwd', ['cameras', '..', '..', 'etc', 'passwd'], ''],
  ['/cameras/%2e%2e/motion', ['cameras', '..', 'motion'], ''],
  ['/cameras/Haust%C3%BCr%20%F0%9F%9A%AA/motion', ['cameras', 'Haustür 🚪', 'motion'], ''],
  ['/motion?a?b', ['motion'], 'a?b'],
  ['/motion?a#b', ['motion'], 'a'],
  ['/', [], ''],
])('%s is read', (raw, path, query) => {
  expect(readTarget(raw)).toEqual({ path, query });
});

test.each(['', '*', 'cameras/a/motion', 'example.org:443', 'ftp://host/a', 'http://host', '/cameras/%', '/cameras/%zz/motion', '/cameras/%ff/motion', '/%c0%af'])('%j is not an address here', (raw) => {
  expect(readTarget(raw)).toBeUndefined();
});

test.each([
  ['token=abc', 'abc'],
  ['x=1&token=a%26b', 'a&b'],
  ['token=a+b=c', 'a+b=c'],
  ['token=100%', '100%'],
  ['token', ''],
  ['token=one&token=two', 'one'],
  ['xtoken=abc', undefined],
  ['', undefined],
])('the token of "%s" is %j', (query, token) => {
  expect(parameterIn(query, 'token')).toBe(token);
});

test('whatever is sent is read or refused, never thrown at', () => {
  const random = seededRandom(20);
  const pieces = ['/', '//', '..', '%', '%2f', '%00', '%F0%9F', 'http://', '?', '#', '&', '=', 'token', 'cameras', '\\', '__proto__', 'ü', '\ud800', ':', '@'];
  let read = 0;
  for (let round = 0; round < 20_000; round++) {
    const raw = (round % 2 === 0 ? '/' : '') + Array.from({ length: below(random, 12) }, () => pieces[below(random, pieces.length)]).join('');
    const target = readTarget(raw);
    if (target) {
      read += 1;
      expect(target.path.every((part) => typeof part === 'string' && part !== '')).toBe(true);
      parameterIn(target.query, 'token');
    }
  }
  expect(read).toBeGreaterThan(2_000);
});
