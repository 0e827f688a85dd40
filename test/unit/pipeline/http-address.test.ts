import { describe, expect, test } from '@jest/globals';
import { readHttpAddress, redirectedTo, writeHttpAddress } from '../../../src/pipeline/http/http-address.js';

test.each<[string, string, object | undefined]>([
  ['http://10.0.0.5/a?b=c#d', 'http://10.0.0.5/a?b=c', undefined],
  [' https://joe:p%40ss%2Fw%25rd@10.0.0.5:8443/x ', 'https://10.0.0.5:8443/x', { user: 'joe', password: 'p@ss/w%rd' }],
  ['http://joe@[fe80::1]/', 'http://[fe80::1]/', { user: 'joe', password: '' }],
  ['http://joe:100%@camera/', 'http://camera/', { user: 'joe', password: '100%' }],
])('%s', (text, href, credentials) => {
  const address = readHttpAddress(text);
  expect(address.url.href).toBe(href);
  expect(address.credentials).toEqual(credentials);
  expect(readHttpAddress(writeHttpAddress(address))).toEqual(address);
});

test('the login of an encrypted address is sent to no other', () => {
  const from = readHttpAddress('https://joe:secret@10.0.0.5/');
  expect(redirectedTo(from, 'http://10.0.0.5/')?.credentials).toBeUndefined();
  expect(redirectedTo(from, 'https://10.0.0.5/new')?.credentials).toEqual(from.credentials);
});

describe('where a camera sends us', () => {
  const from = readHttpAddress('http://joe:secret@10.0.0.5/old/one');

  test.each<[string, string | undefined]>([
    ['/new', 'http://joe:secret@10.0.0.5/new'],
    ['two?x=1', 'http://joe:secret@10.0.0.5/old/two?x=1'],
    ['https://10.0.0.5:8443/new', 'https://joe:secret@10.0.0.5:8443/new'],
    ['http://ann:other@10.0.0.5/new', 'http://ann:other@10.0.0.5/new'],
    ['http://10.0.0.6/new', 'http://10.0.0.6/new'],
    ['//elsewhere/new', 'http://elsewhere/new'],
    ['rtsp://10.0.0.5/new', undefined],
    ['file:///etc/passwd', undefined],
    ['http://', undefined],
  ])('%s', (location, href) => {
    const target = redirectedTo(from, location);
    expect(target && writeHttpAddress(target)).toBe(href);
  });
});
