import { expect, test } from '@jest/globals';
import { parseCameraSource, whyNoSource, withLogin, type CameraSource } from '../../../src/media/camera-source.js';

test.each<[string, CameraSource]>([
  ['rtsp://joe:p%40ss@10.0.0.5:554/a?b=c', { kind: 'rtsp', url: 'rtsp://joe:p%40ss@10.0.0.5:554/a?b=c', transport: 'udp' }],
  [' RTSPS://cam.local/x\n', { kind: 'rtsp', url: 'RTSPS://cam.local/x', transport: 'udp' }],
  ['rtmp://10.0.0.5/live/key', { kind: 'rtmp', url: 'rtmp://10.0.0.5/live/key' }],
  ['rtmp://jo%65:p%40%25s@10.0.0.5/live/k%65y', { kind: 'rtmp', url: 'rtmp://joe:p@%s@10.0.0.5/live/k%65y' }],
  ['rtmp://joe:p%2Fss@10.0.0.5/live', { kind: 'rtmp', url: 'rtmp://joe:p%2Fss@10.0.0.5/live' }],
  ['rtmp://j%3Ae:p%40ss@10.0.0.5/live', { kind: 'rtmp', url: 'rtmp://j%3Ae:p%40ss@10.0.0.5/live' }],
  ['rtmps://10.0.0.5/live/key', { kind: 'rtmp', url: 'rtmps://10.0.0.5/live/key' }],
  ['http://10.0.0.5/video.mjpg', { kind: 'http', url: 'http://10.0.0.5/video.mjpg' }],
  ['https://10.0.0.5/live.m3u8', { kind: 'http', url: 'https://10.0.0.5/live.m3u8' }],
  ['srt://10.0.0.5:9000?passphrase=0123456789', { kind: 'srt', url: 'srt://10.0.0.5:9000?passphrase=0123456789' }],
  ['usb: HD Pro Webcam C920 ', { kind: 'usb', device: 'HD Pro Webcam C920' }],
  ['usb:/dev/v4l/by-id/usb-046d_HD_Pro_Webcam-video-index0', { kind: 'usb', device: '/dev/v4l/by-id/usb-046d_HD_Pro_Webcam-video-index0' }],
  ['test:', { kind: 'test', width: 1280, height: 720, fps: 30 }],
  ['test:1920x1080', { kind: 'test', width: 1920, height: 1080, fps: 30 }],
  ['TEST:640x360/5', { kind: 'test', width: 640, height: 360, fps: 5 }],
  ['ffmpeg:["-f", "v4l2", "-i", "/dev/video0"]', { kind: 'arguments', arguments: ['-f', 'v4l2', '-i', '/dev/video0'] }],
])('%s is understood', (text, source) => {
  expect(parseCameraSource(text, 'udp')).toEqual(source);
});

test.each([
  ['', /not the address/],
  ['10.0.0.5', /not the address/],
  ['rtsp:10.0.0.5/x', /not the address/],
  ['rtsp://', /not the address/],
  ['rtsp://joe:pass/word@10.0.0.5/x', /not the address/],
  ['rtsp://10.0.0.5/a b', /not the address/],
  ['http:///x', /not the address/],
  ['file:///etc/passwd', /not the address/],
  ['usb:', /without the name/],
  ['test:1280', /test:1280x720\/30/],
  ['test:1281x720', /even/],
  ['test:64x64', /128/],
  ['test:7680x4320', /3840/],
  ['test:1280x720/0', /1 to 60/],
  ['ffmpeg:-i x', /not valid JSON/],
  ['ffmpeg:{"a": 1}', /list of texts/],
  ['ffmpeg:["-f", 1, "-i", "x"]', /list of texts/],
  ['ffmpeg:["-f", "v4l2"]', /no "-i"/],
  ['ffmpeg:["-f", "v4l2", "-i"]', /no "-i"/],
])('%j is none, and it is said why', (text, why) => {
  expect(whyNoSource(text)).toMatch(why);
});

test.each([
  ['rtsp://10.0.0.5/x', { username: 'joe', password: 'a b@c' }, 'rtsp://joe:a%20b%40c@10.0.0.5/x'],
  ['rtsp://10.0.0.5/x@y', { username: 'joe' }, 'rtsp://joe@10.0.0.5/x@y'],
  ['http://10.0.0.5?to=a@b', { username: 'joe', password: 'x' }, 'http://joe:x@10.0.0.5?to=a@b'],
  ['rtsp://10.0.0.5/x', { password: 'only' }, 'rtsp://:only@10.0.0.5/x'],
  ['rtsp://own:one@10.0.0.5/x', { username: 'joe', password: 'x' }, 'rtsp://own:one@10.0.0.5/x'],
  ['rtsp://joe@10.0.0.5/x', { password: 'a b' }, 'rtsp://joe:a%20b@10.0.0.5/x'],
  ['rtsp://jo%65@10.0.0.5/x', { username: 'joe', password: 'x' }, 'rtsp://jo%65:x@10.0.0.5/x'],
  ['rtsp://joe@10.0.0.5/x', { username: 'ann', password: 'x' }, 'rtsp://joe@10.0.0.5/x'],
  ['rtsp://joe:@10.0.0.5/x', { password: 'x' }, 'rtsp://joe:@10.0.0.5/x'],
  ['rtsp://10.0.0.5/x', {}, 'rtsp://10.0.0.5/x'],
  ['usb:C920', { username: 'joe', password: 'x' }, 'usb:C920'],
])('%s with a login', (text, login, expected) => {
  expect(withLogin(text, login)).toBe(expected);
});
