import { expect, test } from '@jest/globals';
import { readBanner } from '../../../src/ffmpeg/stream-banner.js';

test.each([
  ['  Stream #0:0: Video: mjpeg (Baseline), yuvj422p(pc, bt470bg/unknown/unknown), 1280x720 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 25 tbn', { codec: 'mjpeg', width: 1280, height: 720, fps: 25, pixelFormat: 'yuvj422p' }],
  ['  Stream #0:0[0x100]: Video: h264 (High) ([27][0][0][0] / 0x001B), yuv420p(progressive), 1920x1080, 29.97 fps, 29.97 tbr, 90k tbn', { codec: 'h264', width: 1920, height: 1080, fps: 29.97, pixelFormat: 'yuv420p' }],
  ['  Stream #0:0(und): Video: hevc (Main) (hvc1 / 0x31637668), yuvj420p(pc), 2560x1440, 90k tbn', { codec: 'hevc', width: 2560, height: 1440, fps: undefined, pixelFormat: 'yuvj420p' }],
  ['  Stream #0:0: Video: rawvideo (YUY2 / 0x32595559), yuyv422, 640x480, 147456 kb/s, 30 fps, 30 tbr, 1000k tbn', { codec: 'rawvideo', width: 640, height: 480, fps: 30, pixelFormat: 'yuyv422' }],
])('the picture in %s', (line, picture) => {
  expect(readBanner(`Input #0, x, from 'y':\n  Duration: N/A, start: 0.000000, bitrate: N/A\n${line}\nAt least one output file must be specified`).picture).toEqual(picture);
});

test('the first picture with a size counts, and sound is told', () => {
  const said = [
    '  Stream #0:0: Video: h264, none, 90k tbr, 90k tbn',
    '  Stream #0:1: Audio: aac (LC), 16000 Hz, mono, fltp',
    '  Stream #0:2: Video: png, rgba(pc), 64x48, 90k tbr',
  ].join('\n');
  expect(readBanner(said)).toEqual({ picture: { codec: 'png', width: 64, height: 48, fps: undefined, pixelFormat: 'rgba' }, sound: { codec: 'aac', sampleRate: 16_000, channels: 1 } });
});

test.each([
  ['', undefined],
  ['  Stream #0:0: Audio: pcm_s16le, 48000 Hz, 2 channels, s16, 1536 kb/s', { codec: 'pcm_s16le', sampleRate: 48_000, channels: 2 }],
  ['  Stream #0:0: Audio: ac3, 44100 Hz, 5.1(side), fltp', { codec: 'ac3', sampleRate: 44_100, channels: 6 }],
])('no picture, and the sound of %j', (said, sound) => {
  expect(readBanner(said)).toEqual({ picture: undefined, sound });
});
