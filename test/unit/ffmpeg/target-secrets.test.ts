import { expect, test } from '@jest/globals';
import { secretsOf } from '../../../src/ffmpeg/sound-arguments.js';
import { redact } from '../../../src/redact.js';

test.each<[string, string, readonly string[]]>([
  ['rtmp://192.0.2.9/live/hunter2', '[tcp @ 0x55] Connection to tcp://192.0.2.9:1935 failed; rtmp://192.0.2.9/live/hunter2; live/hunter2; hunter2', []],
  ['https://192.0.2.9/talk/hunter2?sid=hunter3&channel=1', '/talk/hunter2?sid=hunter3 and sid=hunter3, hunter3', []],
  ['http://joe:hunter%402@192.0.2.9/audio', 'joe:hunter%402 and hunter@2', []],
  ['rtmp://192.0.2.9/a live=1 token=hunter2', 'token=hunter2 hunter2', []],
  ['[f=flv]rtmp://192.0.2.9/live/hunter2|[f=rtp]rtp://192.0.2.9/hunter3', 'hunter2 [f=rtp]rtp://192.0.2.9/hunter3', []],
  ['/dev/hunter2', '/dev/hunter2 hunter2', []],
  ['udp://192.0.2.9:5004', 'Authorization: hunter2', ['-headers', 'Authorization: hunter2\r\nX-Key: hunter3\r\n']],
  ['udp://192.0.2.9:5004', 'Value hunter2 of key', ['-ar', 'hunter2']],
])('of %s nothing is told', (target, said, more) => {
  expect(redact(said, secretsOf({ target, arguments: more }))).not.toMatch(/hunter|joe:/);
});

test('what FFmpeg says can still be understood', () => {
  const secrets = secretsOf({ target: 'http://joe:hunter2@192.0.2.9/a/hunter3?channel=1&action=postAudio', arguments: ['-ar', '8000', '-ac', '1'] });
  expect(redact('[out#0/mulaw @ 0x55] Unsupported channel layout for action 1; tcp://192.0.2.9:80 timed out', secrets)).toBe('[out#0/mulaw @ 0x55] Unsupported channel layout for action 1; tcp://192.0.2.9:80 timed out');
  expect(secrets.every(({ length }) => length >= 4)).toBe(true);
});
