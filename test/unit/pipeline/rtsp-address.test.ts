import { expect, test } from '@jest/globals';
import { Problem } from '../../../src/problems.js';
import { readRtspAddress, redirected } from '../../../src/pipeline/rtsp/rtsp-address.js';

test.each([
  ['rtsp://camera/live', { url: 'rtsp://camera/live', host: 'camera', port: 554, encrypted: false, credentials: undefined }],
  ['rtsps://camera', { url: 'rtsps://camera', host: 'camera', port: 322, encrypted: true }],
  ['rtsp://joe:p%40ss@camera:8554/a?b=c&d=@', { url: 'rtsp://camera:8554/a?b=c&d=@', port: 8554, credentials: { user: 'joe', password: 'p@ss' } }],
  ['rtsp://joe:p@ss@camera/', { url: 'rtsp://camera/', host: 'camera', credentials: { user: 'joe', password: 'p@ss' } }],
  ['rtsp://joe:50%@camera/', { credentials: { user: 'joe', password: '50%' } }],
  ['rtsp://joe:p@ss%x@camera/', { credentials: { user: 'joe', password: 'p@ss%x' } }],
  ['rtsp://joe:50%;x@camera/', { credentials: { user: 'joe', password: '50%;x' } }],
  ['rtsp://joe:a|b%@camera/', { credentials: { user: 'joe', password: 'a|b%' } }],
  ['rtsp://joe:p@ss%@camera/', { credentials: { user: 'joe', password: 'p@ss%' } }],
  ['rtsp://joe:%41%zz@camera/', { credentials: { user: 'joe', password: 'A%zz' } }],
  ['rtsp://j%C3%BCrgen:%c3%9cber^=%@camera/', { credentials: { user: 'jürgen', password: 'Über^=%' } }],
  ['rtsp://jürgen:ü%ü%FC%C0%AF%E2%82%AC%F0%9F%94%91@camera/', { credentials: { user: 'jürgen', password: 'ü%ü%FC%C0%AF€🔑' } }],
  ['rtsp://joe@camera/', { credentials: { user: 'joe', password: '' } }],
  ['rtsp://joe:x@[2001:db8::1]:8554/1', { url: 'rtsp://[2001:db8::1]:8554/1', host: '2001:db8::1', port: 8554 }],
  ['RTSP://Camera/Live', { url: 'RTSP://Camera/Live', port: 554 }],
  ['rtsp://camera/user=joe_password=x.sdp?real stream#top', { url: 'rtsp://camera/user=joe_password=x.sdp?real%20stream' }],
])('%s', (url, expected) => {
  expect(readRtspAddress(url)).toMatchObject(expected);
});

test.each(['http://joe:secret@camera/', 'rtsp://', 'joe:secret@camera', 'rtsp://joe:sec/ret@camera/', ''])('%j is none, and is not repeated', (url) => {
  let thrown: unknown;
  try {
    readRtspAddress(url);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Problem);
  expect((thrown as Problem).line).not.toMatch(/sec|joe/);
});

test.each([
  ['the same camera', 'rtsp://camera:8554/new', 'rtsp://joe:p$1%40@camera:8554/new'],
  ['with a password of its own', 'rtsp://a:b@camera/new', 'rtsp://a:b@camera/new'],
  ['another camera: it gets no password', 'rtsp://other/new', 'rtsp://other/new'],
  ['another protocol', 'http://camera/new', undefined],
  ['nowhere', '', undefined],
])('sent to %s', (_what, location, expected) => {
  expect(redirected('rtsp://joe:p$1%40@camera/old', location)).toBe(expected);
});
