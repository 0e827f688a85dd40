import { describe, expect, test } from '@jest/globals';
import { authorization, chooseChallenge, type Challenge } from '../../../src/media/authentication.js';

function challenge(...headers: readonly string[]): Challenge {
  const chosen = chooseChallenge(headers);
  if (!chosen) {
    throw new Error('no challenge');
  }
  return chosen;
}

const page = { method: 'GET', uri: '/dir/index.html', nonceCount: 1 } as const;
const rfc7616 = 'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const itsClientNonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

test.each([
  // The answer in RFC 2069 itself is wrong: erratum 749.
  ['RFC 2069 2.4', 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"', 'CircleOfLife', '', '1949323746fe6a43ef61f9606e7febea'],
  [
    'RFC 2617 3.5',
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    ...['Circle Of Life', '0a4f113b', '6629fae49393a05397450978507c4ef1'],
  ],
  ['RFC 7616 3.9.1, MD5', `Digest ${rfc7616}, algorithm=MD5`, 'Circle of Life', itsClientNonce, '8ca523f5e9506fed4657c9700eebdbec'],
  ['RFC 7616 3.9.1, SHA-256', `Digest ${rfc7616}, algorithm=SHA-256`, 'Circle of Life', itsClientNonce, '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
])('%s', (_source, header, password, clientNonce, response) => {
  const answer = authorization(challenge(header), { user: 'Mufasa', password }, { ...page, clientNonce });
  expect(answer).toContain(`response="${response}"`);
});

test('the whole header, as RFC 2617 has it', () => {
  const asked = challenge('Digest realm="r", nonce="n", qop="auth", opaque="o", algorithm="MD5"');
  const answer = authorization(asked, { user: 'a "b"', password: 'p' }, { method: 'DESCRIBE', uri: 'rtsp://camera/1', nonceCount: 0x1f, clientNonce: 'c' });
  expect(answer).toMatch(
    /^Digest username="a \\"b\\"", realm="r", nonce="n", uri="rtsp:\/\/camera\/1", response="[0-9a-f]{32}", algorithm=MD5, opaque="o", qop=auth, nc=0000001f, cnonce="c"$/,
  );
});

test('what was not asked for is not answered', () => {
  const answer = authorization(challenge('Digest realm="r", nonce="n"'), { user: 'u', password: 'p' }, { ...page, clientNonce: 'c' });
  expect(answer).toMatch(/^Digest username="u", realm="r", nonce="n", uri="\/dir\/index.html", response="[0-9a-f]{32}"$/);
});

test('Basic: RFC 7617 2, and 2.1 with UTF-8', () => {
  expect(authorization(challenge('Basic realm="WallyWorld"'), { user: 'Aladdin', password: 'open sesame' }, { ...page, clientNonce: '' })).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
  expect(authorization(challenge('Basic realm="foo"'), { user: 'test', password: '123\u00A3' }, { ...page, clientNonce: '' })).toBe('Basic dGVzdDoxMjPCow==');
});

describe('of several challenges', () => {
  const digest = 'Digest realm="Hikvision", nonce="1c", random="rz446BSCe+hjGlW6wqMWFoE+26ljy0F/KruoGMo=", stale="FALSE"';

  test.each<[string, readonly string[]]>([
    ['Digest and Basic in headers of their own (Hikvision)', [digest, 'Basic realm="Hikvision"']],
    ['Basic first', ['Basic realm="Hikvision"', digest]],
    ['both in one header', [`Basic realm="Hikvision", ${digest}`]],
    ['MD5-sess and another', ['Digest realm="x", nonce="y", algorithm=MD5-sess', digest]],
    ['auth-int and another', ['Digest realm="x", nonce="y", qop="auth-int"', digest]],
    ['one that says too little', ['Digest realm="x"', digest]],
  ])('%s: Digest is answered', (_what, headers) => {
    expect(challenge(...headers)).toEqual({ scheme: 'digest', realm: 'Hikvision', nonce: '1c', opaque: undefined, algorithm: undefined, qopAuth: false, stale: false });
  });

  test('Basic where Digest cannot be answered', () => {
    expect(challenge('Digest realm="x", nonce="y", algorithm=SHA-512-256', 'Basic realm="x"')).toEqual({ scheme: 'basic' });
  });

  test.each([[[]], [['']], [['Negotiate']], [['NTLM realm="x", nonce="y"']], [['Digest nonce="y"']]])('none: %j', (headers) => {
    expect(chooseChallenge(headers)).toBeUndefined();
  });
});

test.each([['stale=true', true], ['stale="TRUE"', true], ['stale=false', false], ['x="stale=true"', false]])('%s', (field, stale) => {
  expect(challenge(`Digest realm="r", nonce="n", ${field}`)).toMatchObject({ stale });
});

test('a header that is made to be slow is read at once', () => {
  const beganMs = performance.now();
  for (const header of ['a'.repeat(64_000), `${'a'.repeat(64_000)} `, `Digest ${'a-'.repeat(32_000)}`, 'a '.repeat(8_000), 'a="'.repeat(5_000), `Digest ${'\\'.repeat(16_000)}`, `Digest realm="${'\\"'.repeat(8_000)}`, 'a\t'.repeat(8_000)]) {
    chooseChallenge([header]);
  }
  expect(performance.now() - beganMs).toBeLessThan(2_000);
});
