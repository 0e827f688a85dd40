import { expect, test } from '@jest/globals';
import { configEntry, isMasked } from '../../../src/cli/probe/config-entry.js';
import { readConfig } from '../../../src/config/read-config.js';
import { shownSource } from '../../../src/config/shown-source.js';

function entryOf(options: Readonly<Record<string, unknown>>): ReturnType<typeof configEntry> {
  const { hub, faults } = readConfig({ cameras: [{ name: 'Camera', ...options }] });
  expect(faults).toEqual([]);
  const [camera] = hub.cameras;
  if (!camera) {
    throw new Error('no camera');
  }
  return configEntry(camera);
}

test.each([
  ['rtsp://joe:s3cr3t@10.0.0.2:554/live?channel=1', 'rtsp://10.0.0.2:554/live?channel=1'],
  ['rtsp://joe:s3%40r@t@10.0.0.2/live', 'rtsp://10.0.0.2/live'],
  ['http://10.0.0.2/cgi?user=joe&pwd=s3cr3t&channel=1', 'http://10.0.0.2/cgi?user=***&pwd=***&channel=1'],
  ['rtmp://10.0.0.2/bcs?token=s3cr3t', 'rtmp://10.0.0.2/bcs?token=***'],
  ['rtmp://10.0.0.2/live/s3cr3t', 'rtmp://10.0.0.2/live/***'],
  ['srt://10.0.0.2:9000?streamid=#!::r=x,pw=s3cr3t&passphrase=s3cr3ts3cr3t&mode=caller', 'srt://10.0.0.2:9000?streamid=***&passphrase=***&mode=caller'],
  ['rtsps://10.0.0.2:7441/s3cr3ts3cr3ts3cr3t', 'rtsps://10.0.0.2:7441/***'],
  ['http://10.0.0.2/live?id=s3cr3ts3cr3t', 'http://10.0.0.2/live?id=***'],
  ['rtsp://joe:s3cr3t@10.0.0.2/s3cr3t/live', 'rtsp://10.0.0.2/***/live'],
  ['ffmpeg:["-i", "rtsp://joe:s3cr3t@10.0.0.2/live"]', 'ffmpeg:["-i","rtsp://10.0.0.2/live"]'],
  ['ffmpeg:["-re","-headers","X-Api-Key: s3cr3t","-f","mpegts","-i","http://10.0.0.2/live"]', 'ffmpeg:["-re","-headers","***","-f","mpegts","-i","http://10.0.0.2/live"]'],
  ['ffmpeg:["-headers","X-Key: s3cr3t\\r\\nReferer: http://10.0.0.2/","-i","http://10.0.0.2/live"]', 'ffmpeg:["-headers","***","-i","http://10.0.0.2/live"]'],
  ['ffmpeg:["-passphrase","pw","-i","srt://10.0.0.2:9000"]', 'ffmpeg:["-passphrase","***","-i","srt://10.0.0.2:9000"]'],
  ['test:640x360/15', 'test:640x360/15'],
  ['usb:HD Webcam C920', 'usb:HD Webcam C920'],
])('%s is shown without its secrets', (source, shown) => {
  expect(shownSource(source)).toBe(shown);
});

test('a login becomes options of its own, with nothing in them', () => {
  const entry = entryOf({ source: 'rtsp://10.0.0.2/a', username: 'joe', password: 's3cr3t', substream: 'rtsp://10.0.0.2/b', transport: 'udp' });
  expect(entry).toEqual({ name: 'Camera', source: 'rtsp://10.0.0.2/a', substream: 'rtsp://10.0.0.2/b', username: '***', password: '***', transport: 'udp' });
  expect(isMasked(entry)).toBe(true);
});

test('a sub stream of another host, or with another login, keeps its own to be put in', () => {
  const entry = entryOf({ source: 'rtsp://joe:s3cr3t@10.0.0.2/a', substream: 'rtsp://joe:s3cr3t@10.0.0.3/b' });
  expect(entry).toMatchObject({ source: 'rtsp://10.0.0.2/a', substream: 'rtsp://***@10.0.0.3/b', username: '***', password: '***' });
  expect(entryOf({ source: 'rtsp://10.0.0.2/a', substream: 'rtsp://joe:s3cr3t@10.0.0.2/b' })).toEqual({ name: 'Camera', source: 'rtsp://10.0.0.2/a', substream: 'rtsp://***@10.0.0.2/b' });
});

test('without a login there is nothing to put in', () => {
  const entry = entryOf({ source: 'rtsp://10.0.0.2/a' });
  expect(entry).toEqual({ name: 'Camera', source: 'rtsp://10.0.0.2/a' });
  expect(isMasked(entry)).toBe(false);
});

test('what is pasted is read as the same camera, once the login is put in', () => {
  const entry = entryOf({ source: 'rtsp://joe:p%40ss@10.0.0.2/a?x=1' });
  const { hub, faults, warnings } = readConfig({ cameras: [{ ...entry, username: 'joe', password: 'p@ss' }] });
  expect({ faults, warnings, source: hub.cameras[0]?.source }).toEqual({ faults: [], warnings: [], source: 'rtsp://joe:p%40ss@10.0.0.2/a?x=1' });
});
