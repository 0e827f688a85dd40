import { expect, test } from '@jest/globals';
import type { RtspTransport } from '../../../src/media/camera-source.js';
import { mayHaveSpeaker } from '../../../src/policy/speaker-choice.js';

test.each<[string, RtspTransport, boolean]>([
  ['rtsp://192.0.2.1/main', 'tcp', true],
  ['RTSPS://192.0.2.1/main', 'tcp', true],
  ['rtsp://192.0.2.1/main', 'udp', true],
  ['rtsp://192.0.2.1/main', 'http', false],
  ['rtmp://192.0.2.1/live/x', 'tcp', false],
  ['http://192.0.2.1/x', 'tcp', false],
  ['srt://192.0.2.1:9000', 'tcp', false],
  ['usb:Camera', 'tcp', false],
  ['test:', 'tcp', false],
  ['ffmpeg:["-i","rtsp://192.0.2.1/main"]', 'tcp', false],
])('%s by %s is asked for its speaker: %s', (source, transport, expected) => expect(mayHaveSpeaker(source, transport)).toBe(expected));
