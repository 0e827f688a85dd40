import { describe, expect, test } from '@jest/globals';
import { redact } from '../../src/redact.js';

describe('secrets never survive', () => {
  test.each([
    ['rtsp://joe:hunter2@10.0.0.5/x', 'rtsp://***@10.0.0.5/x'],
    ['rtsp://joe@10.0.0.5/x', 'rtsp://***@10.0.0.5/x'],
    ['RTSPS://joe:hunter2@cam.local:322/x', 'RTSPS://***@cam.local:322/x'],
    ['rtsp://joe:hun/ter2@w@host/x', 'rtsp://***@host/x'],
    ['rtsp://hun/ter2@host/x', 'rtsp://***@host/x'],
    ['rtsp://joe:hun@ter2@host/x', 'rtsp://***@host/x'],
    ['rtsp://joe:hun#ter2?a@host/x', 'rtsp://***@host/x'],
    [`rtsp://joe:hun'ter2"@host/x`, 'rtsp://***@host/x'],
    ['rtsp://joe:hun ter2@host/x', 'rtsp://***@host/x'],
    ['rtsp://joe:12 hunter2@host/x', 'rtsp://***@host/x'],
    ['rtsp://joe:%40hunter2@[fe80::1]:554/x', 'rtsp://***@[fe80::1]:554/x'],
    ['joe:hunter2@10.0.0.5/x', '***@10.0.0.5/x'],
    ['rtsp:/joe:hunter2@10.0.0.5/x', '***@10.0.0.5/x'],
    ['tried rtsp://a:hunter2@one/1, then rtsp://b:hunter2@two/2', 'tried rtsp://***@one/1, then rtsp://***@two/2'],
    ['http://host/snap.jpg?user=joe&password=hunter2&channel=1', 'http://host/snap.jpg?user=***&password=***&channel=1'],
    ['http://host/snap.jpg?authToken=hunter2', 'http://host/snap.jpg?authToken=***'],
    ['rtsp://host/user=admin_password=hunter2_channel=1_stream=0.sdp?real_stream', 'rtsp://host/user=***?real_stream'],
    ['Authorization: Digest username="joe", response="hunter2"\r\nCSeq: 2', 'Authorization: ***\r\nCSeq: 2'],
    ['{"name":"a","password":"hun\\"ter2"}', '{"name":"a","password":"***"}'],
    ['a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hunter2hunter2hunter2|2^20', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20'],
    ['rtmp://10.0.0.5/live/hunter2: Connection refused', 'rtmp://10.0.0.5/live/*** Connection refused'],
    ['Opening rtmps://***@host:443/app/hunter2?x=hunter3 failed', 'Opening rtmps://***@host:443/app/*** failed'],
    ['srt://10.0.0.5:9000?mode=caller&passphrase=hunter2&streamid=read:hunter3', 'srt://10.0.0.5:9000?mode=caller&passphrase=***&streamid=***'],
    ['Cookie: sid=hunter2; other=hunter3', 'Cookie: ***'],
    ['-srtp_out_params hunter2hunter2hunter2 srtp://10.0.0.9:5000', '-srtp_out_params *** srtp://10.0.0.9:5000'],
  ])('%s', (text, redacted) => {
    expect(redact(text)).toBe(redacted);
    expect(redact(redact(text))).toBe(redacted);
  });
});

test('what no pattern knows is taken out too, the longest first, wherever it stands and however it is written', () => {
  const secrets = ['hunter2', 'rtmp://host/live/hunter2', 'a.+$&'];
  expect(redact('rtmp://host/live/hunter2: Connection refused, xhunter2x, joe:w@host, a.+$&.', secrets)).toBe('***: Connection refused, x***x, ***@host, ***.');
});

test.each([
  'rtsp://10.0.0.5:554/stream1',
  "[rtsp @ 0x5581] method DESCRIBE failed: 404 Not Found",
  "Error opening input file rtsp://10.0.0.5:554/x [tcp @ 0x5581] timed out",
  "Input #0, rtsp, from 'rtsp://10.0.0.5:554/x': start 12:30:01.5, mail joe at home",
  'x264 options: keyint=60 keyint_min=30 pass=1',
  '2026-11-22T10:42:00 Front Door: connected',
])('what is no secret stays readable: %s', (text) => expect(redact(text)).toBe(text));

test('an endless line does not hold up the plugin', () => {
  const started = performance.now();
  for (const piece of ['a', 'a:', '://', 'a://b:', '@', '&user', '"pass', 'rtsp://a:b@']) {
    redact(piece.repeat(100_000 / piece.length));
  }
  expect(performance.now() - started).toBeLessThan(4000);
});
