import { expect, test } from '@jest/globals';
import { Login } from '../../../src/pipeline/login.js';

const digest = (nonce: string, stale = false): string[] => [`Digest realm="r", nonce="${nonce}", qop="auth"${stale ? ', stale=true' : ''}`];

function asked(challenges: readonly string[]): Login {
  const login = new Login({ user: 'joe', password: 'secret' });
  expect(login.answers(challenges)).toBe(true);
  login.header('GET', '/');
  return login;
}

test('a nonce that is refused when it is new came with a wrong password, whatever nonce comes next', () => {
  const login = asked(digest('a'));
  expect(login.answers(digest('b'))).toBe(false);
  expect(login.answers(digest('a'))).toBe(false);
});

test('a nonce that is too old is replaced, also where the camera does not say that it is', () => {
  expect(asked(digest('a')).answers(digest('b', true))).toBe(true);
  const login = asked(digest('a'));
  login.header('GET', '/');
  expect(login.answers(digest('b'))).toBe(true);
  login.header('GET', '/');
  expect(login.answers(digest('c'))).toBe(false);
});

test('Basic is answered once', () => {
  expect(asked(['Basic realm="r"']).answers(['Basic realm="r"'])).toBe(false);
});
