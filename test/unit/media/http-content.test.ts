import { Buffer } from 'node:buffer';
import { expect, test } from '@jest/globals';
import { httpContent } from '../../../src/media/http-content.js';

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]);
const transport = Buffer.concat([Buffer.from([0x47]), Buffer.alloc(187), Buffer.from([0x47])]);
const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const long = (text: string): Buffer => Buffer.from(text.padEnd(600));

test.each<[string, string | undefined, Buffer, string | undefined]>([
  ['a stream of parts', 'multipart/x-mixed-replace; boundary="--x"', Buffer.from('\r\n--x\r\n'), 'jpegs'],
  ['parts that call themselves a page', 'text/html', Buffer.from('--x\r\nContent-Type: image/jpeg\r\n'), 'jpegs'],
  ['parts that call themselves anything, with LF alone', 'application/octet-stream', Buffer.from('\n--x\nContent-Length: 5\nContent-type:image/jpeg\n\n'), 'jpegs'],
  ['a JPEG', 'image/jpeg', jpeg, 'jpegs'],
  ['a JPEG that calls itself a page', 'text/html; charset=utf-8', jpeg, 'jpegs'],
  ['a JPEG that calls itself nothing', undefined, jpeg, 'jpegs'],
  ['a page that calls itself a JPEG', 'image/jpeg', Buffer.from('<!DOCTYPE html><html>'), 'page'],
  ['a page', 'text/html', Buffer.from('\n<html lang="en">'), 'page'],
  ['a page that an error is told with', 'text/html', Buffer.from('<title>401 Unauthorized</title>'), 'page'],
  ['a page that does not look like one', 'text/html', long('hello'), 'page'],
  ['HLS', 'application/vnd.apple.mpegurl', Buffer.from('#EXTM3U\n'), 'hls'],
  ['HLS with a mark in front that calls itself text', 'text/plain', Buffer.from('\uFEFF#EXTM3U\n'), 'hls'],
  ['a page of XHTML', 'text/html', Buffer.from('\uFEFF<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC'), 'page'],
  ['a PNG', 'image/png', png, 'png'],
  ['a PNG that calls itself a JPEG', 'image/jpeg', png, 'png'],
  ['XML', 'application/xml', Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\r\n<ResponseStatus version="2.0">'), 'xml'],
  ['XML without its declaration', 'text/plain', Buffer.from('<CGI_Result>'), 'xml'],
  ['XML that has only begun: it may become a stream', 'application/xml', Buffer.from('<?xml version="1.0"?>\n'), undefined],
  ['MPEG-DASH', 'application/dash+xml', Buffer.from('<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">'), 'stream'],
  ['JSON', 'application/json', Buffer.from('{"error": "no such camera"}'), 'json'],
  ['JSON that calls itself a page', 'text/html', Buffer.from('[\n  { "cmd": "Snap" }]'), 'json'],
  ['JSON with nothing in it', undefined, Buffer.from('{}'), 'json'],
  ['a text in brackets', 'text/plain', long('[playlist]'), 'stream'],
  ['MPEG-TS', 'application/octet-stream', transport, 'stream'],
  ['FLV', undefined, Buffer.from('FLV\x01'), 'stream'],
  ['fragmented MP4', undefined, Buffer.concat([Buffer.alloc(4), Buffer.from('ftypiso5')]), 'stream'],
  ['a video', 'video/mp2t', Buffer.alloc(10), 'stream'],
  ['anything else is for FFmpeg', 'application/octet-stream', long('?'), 'stream'],
  ['too little to tell', 'application/octet-stream', Buffer.from('--x\r\n'), undefined],
])('%s', (_name, type, bytes, content) => {
  expect(httpContent(type, bytes, { ended: false })).toBe(content);
});

test('an answer that has ended is told by what there was', () => {
  expect(httpContent('text/html', Buffer.from('Not allowed'), { ended: true })).toBe('page');
  expect(httpContent(undefined, Buffer.alloc(0), { ended: true })).toBe('stream');
});
