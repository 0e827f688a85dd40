import { describe, expect, test } from '@jest/globals';
import { parseCameraSource } from '../../../src/media/camera-source.js';
import { parseSdp } from '../../../src/media/sdp.js';
import { cameraQuirks, quirkOfRefusal, treatAddress, treatDescription, treatSource } from '../../../src/policy/camera-quirks.js';

test('each has a name of its own, and a line that says what is done', () => {
  expect(new Set(cameraQuirks.map(({ id }) => id)).size).toBe(cameraQuirks.length);
  for (const { says } of cameraQuirks) {
    expect(says).toMatch(/^\S[^\n.]{20,250}$/);
  }
});

describe('an address is asked for as', () => {
  test.each([
    ['rtsps://192.0.2.1:7441/AbCdEf0123456789?enableSrtp', 'rtsps://192.0.2.1:7441/AbCdEf0123456789'],
    ['rtsps://192.0.2.1:7441/AbCdEf0123456789?enableSrtp=true', 'rtsps://192.0.2.1:7441/AbCdEf0123456789'],
    ['rtsps://192.0.2.1:7441/AbCdEf0123456789?enableSrtp&x=1', 'rtsps://192.0.2.1:7441/AbCdEf0123456789?x=1'],
    ['rtsps://192.0.2.1:7441/AbCdEf0123456789?x=1&enableSrtp', 'rtsps://192.0.2.1:7441/AbCdEf0123456789?x=1'],
    ['rtsps://192.0.2.1:7441/AbCdEf0123456789?x=1&enableSrtp&y=2', 'rtsps://192.0.2.1:7441/AbCdEf0123456789?x=1&y=2'],
    ['rtsp://joe:secret@192.0.2.1/cam/realmonitor?channel=1&subtype=0#backchannel=0', 'rtsp://joe:secret@192.0.2.1/cam/realmonitor?channel=1&subtype=0'],
    ['rtsp://192.0.2.1/main#media=video#timeout=5', 'rtsp://192.0.2.1/main'],
  ])('%s: %s', (written, asked) => expect(treatAddress(written)).toBe(asked));

  test.each([
    'rtsp://192.0.2.1/main?enableSrtp',
    'rtsps://192.0.2.1/main?x=enableSrtp',
    'rtsp://192.0.2.1/main#1',
    'http://192.0.2.1/x#media=video',
    'rtmp://192.0.2.1/live/channel0_main',
    'http://192.0.2.1/flv?app=live&stream=1',
  ])('it is written: %s', (url) => {
    expect(treatAddress(url)).toBe(url);
    expect(treatSource(parseCameraSource(url)).quirks).toEqual([]);
  });
});

test.each([
  ['rtmp://192.0.2.1/bcs/channel0_main.bcs?channel=0&stream=0&user=joe&password=secret', 'reolink-rtmp', { times: 'arrival' }],
  ['http://192.0.2.1/flv?port=1935&app=bcs&stream=channel0_main.bcs&user=joe&password=secret', 'reolink-http-flv', { patient: true }],
  ['rtsps://192.0.2.1:7441/AbCdEf0123456789?enableSrtp', 'unifi-srtp', {}],
])('of %s is known: %s', (url, id, begin) => {
  const treated = treatSource(parseCameraSource(url));
  expect(treated.quirks.map((quirk) => quirk.id)).toEqual([id]);
  expect(treated.begin).toEqual(begin);
});

test.each(['usb:Camera', 'test:', 'ffmpeg:["-i","rtsps://192.0.2.1/x?enableSrtp"]'])('%s is left as it is', (text) => {
  const source = parseCameraSource(text);
  expect(treatSource(source)).toEqual({ source, begin: {}, quirks: [] });
});

test.each([
  ['[rtsp @ 0x1] method SETUP failed: 461 Unsupported transport', 'no-such-transport'],
  ['[rtsp @ 0x1] method SETUP failed: 406 TCP TRANSPORT IS NOT SUPPORTED', 'no-such-transport'],
  ['[rtsp @ 0x1] method SETUP failed: 453 Not Enough Bandwidth', undefined],
  ['[rtsp @ 0x1] method DESCRIBE failed: 406 Not Acceptable', undefined],
])('%s is %s', (said, id) => expect(quirkOfRefusal(said)?.id).toBe(id));

test('a description whose directions are known to be wrong is believed without them', () => {
  const sdp = (origin: string): string => `v=0\r\no=${origin} 1 1 IN IP4 192.0.2.1\r\nm=video 0 RTP/AVP 96\r\na=recvonly\r\nm=audio 0 RTP/AVP 0\r\na=sendonly\r\n`;
  const directions = (origin: string): unknown => treatDescription(parseSdp(sdp(origin))).description.media.map(({ direction }) => direction);
  expect(directions('CV-RTSPHandler')).toEqual([undefined, undefined]);
  expect(directions('-')).toEqual(['recvonly', 'sendonly']);
});
