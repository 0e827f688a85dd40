import { expect, test } from '@jest/globals';
import { TokenCheck } from '../../../src/triggers/http/token-check.js';

const check = new TokenCheck('a+b/c=d&é');

/** As Node gives the bytes of a header. */
const sent = (header: string) => Buffer.from(header, 'utf8').toString('latin1');

test.each<[authorization: string | undefined, query: string]>([
  [sent('Bearer a+b/c=d&é'), ''],
  [sent('bearer   a+b/c=d&é '), 'token=wrong'],
  [undefined, 'token=a%2Bb%2Fc%3Dd%26%C3%A9'],
  [undefined, 'x=1&token=a+b/c=d%26%C3%A9'],
  ['Bearer wrong', 'token=a+b/c=d%26%C3%A9'],
])('%j with "%s" is let in', (authorization, query) => {
  expect(check.allows(authorization, query)).toBe(true);
});

test.each<[authorization: string | undefined, query: string]>([
  [undefined, ''],
  ['', 'token='],
  ['Bearer ', 'token'],
  [sent('a+b/c=d&é'), ''],
  [sent('Basic a+b/c=d&é'), ''],
  [sent('Bearer a+b/c=d&'), ''],
  [sent('Bearer a+b/c=d&éé'), ''],
  [sent('Bearer A+B/C=D&É'), ''],
  [undefined, 'token=a+b/c=d'],
  [undefined, 'TOKEN=a+b/c=d%26%C3%A9'],
])('%j with "%s" is not', (authorization, query) => {
  expect(check.allows(authorization, query)).toBe(false);
});
