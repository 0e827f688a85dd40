import { expect, test } from '@jest/globals';
import { openArguments, secretsInAddress, secretsInArguments } from '../../../src/media/source-secrets.js';
import { redact } from '../../../src/redact.js';

test.each([
  ['rtmp://192.0.2.9/live/hunter2', 'rtmp://192.0.2.9/live/hunter2: refused; Server error: no stream hunter2'],
  ['rtmp://192.0.2.9/app/inst/hunter2?sid=hunter3', 'inst/hunter2?sid=hunter3 and hunter2, hunter3'],
  ['rtmps://joe:hunter%402@192.0.2.9/live/x', 'joe:hunter%402 and hunter@2'],
  ['srt://192.0.2.9:9000?passphrase=hunter2hunter2&streamid=read:hunter3', 'srt://192.0.2.9:9000?passphrase=hunter2hunter2&streamid=read:hunter3 and hunter2hunter2, read:hunter3'],
  ['http://192.0.2.9/flv?port=1935&app=bcs&stream=channel0_main.bcs&user=hunter2&password=hunter3', 'hunter2 hunter3'],
  ['http://192.0.2.9/video?sid=hunter2hunter2', 'hunter2hunter2'],
  ['https://192.0.2.9/hls/hunter2hunter22hunter/live.m3u8', 'hunter2hunter22hunter/segment.ts'],
  ['rtsps://192.0.2.9:7441/hunter2hunter2hunter2', 'rtsps://192.0.2.9:7441/hunter2hunter2hunter2: Protocol not found'],
])('of %s nothing is told', (url, said) => {
  expect(redact(said, secretsInAddress(url))).not.toMatch(/hunter/);
});

test.each<[readonly string[], string]>([
  [['-headers', 'Authorization: Bearer hunter2\r\nX-Api-Key: hunter3', '-i', 'http://192.0.2.9/x'], 'bad header X-Api-Key: hunter3; hunter2'],
  [['-cookies', 'sid=hunter2; path=/', '-i', 'http://192.0.2.9/x'], 'cookie sid=hunter2; path=/'],
  [['-rtmp_playpath', 'hunter2', '-i', 'rtmp://192.0.2.9/live/hunter3'], 'hunter2 hunter3'],
  [['-decryption_key', 'hunter2', '-i', 'async:http://joe:hunter3@192.0.2.9/x'], 'hunter2 joe:hunter3'],
  [['-f', 'mpegts', '-i', 'srt://192.0.2.9:1?passphrase=hunter2hunter2'], 'hunter2hunter2'],
  [['-unknown_option', 'hunter2', '-i', '/dev/video0'], 'hunter2'],
  [['-headers', 'X-Api-Key: hunter2\r\nReferer: http://192.0.2.9/', '-i', 'http://192.0.2.9/x'], 'bad header X-Api-Key: hunter2'],
])('of the arguments %j nothing is told', (list, said) => {
  expect(redact(said, secretsInArguments(list))).not.toMatch(/hunter/);
});

test('what FFmpeg says can still be understood', () => {
  const said = '[in#0 @ 0x5575] Unknown input format: \'v4l3\'; video_size 1280x720, rtsp_transport tcp: http://192.0.2.9/cgi-bin/stream?channel=1&subtype=0: Server returned 404 Not Found';
  expect(redact(said, secretsInArguments(['-f', 'v4l3', '-video_size', '1280x720', '-rtsp_transport', 'tcp', '-i', 'http://joe:hunter2@192.0.2.9/cgi-bin/stream?channel=1&subtype=0']))).toBe(said);
  expect(secretsInAddress('rtsp://192.0.2.9/Streaming/Channels/101')).toEqual([]);
  expect(secretsInAddress('rtsp://192.0.2.9/h264Preview_01_main')).toEqual([]);
});

test('who says it is not blanked', () => {
  expect(redact('[http @ 0x55] HTTP error', secretsInArguments(['-http_proxy', 'http://joe:hunter2@192.0.2.9', '-i', 'http://192.0.2.9/x']))).toBe('[http @ 0x55] HTTP error');
});

test('arguments without what may be secret tell inputs apart', () => {
  const list = (key: string, device: string): string[] => openArguments(['-headers', `X-Key: ${key}`, '-f', 'v4l2', '-i', device, '-i', `rtmp://192.0.2.9/live/${key}`], (address) => address.slice(0, 16));
  expect(list('hunter2', '/dev/video0')).toEqual(list('hunter3', '/dev/video0'));
  expect(list('hunter2', '/dev/video0')).not.toEqual(list('hunter2', '/dev/video1'));
  expect(list('hunter2', '/dev/video0').join(' ')).not.toContain('hunter');
});
