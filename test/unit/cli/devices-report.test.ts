import { expect, test } from '@jest/globals';
import { devicesJson, devicesText } from '../../../src/cli/devices/devices-report.js';
import type { CaptureDevice } from '../../../src/ffmpeg/devices/capture-device.js';
import { Problem } from '../../../src/problems.js';

const webcam: CaptureDevice = {
  name: 'HD Pro Webcam C920',
  source: 'HD Pro Webcam C920',
  path: '/dev/video0',
  links: [],
  first: true,
  system: 'v4l2',
  modes: [
    { format: 'mjpeg', width: 1920, height: 1080, fps: [5, 30, 15] },
    { format: 'mjpeg', width: 1280, height: 720, fps: [30] },
    { format: 'yuyv422', width: 640, height: 480, fps: [] },
  ],
};
const broken: CaptureDevice = { ...webcam, name: 'Capture Card', source: '/dev/video2', path: '/dev/video2', modes: [], problem: new Problem('device-busy', 'obs') };

test('a device is told with its source, its formats and what would be used', () => {
  expect(devicesText([webcam])).toBe(
    [
      'HD Pro Webcam C920',
      '  Source   usb:HD Pro Webcam C920',
      '  Path     /dev/video0',
      '  MJPEG    1920x1080 at 30, 15, 5; 1280x720 at 30',
      '  yuyv422  640x480',
      '  Used     MJPEG, 1920x1080, 30 pictures a second (the largest that fits)',
    ].join('\n'),
  );
});

test('a device that cannot be asked is listed with the reason', () => {
  const text = devicesText([webcam, broken]);
  expect(text).toMatch(/Capture Card\n {2}Source {3}usb:\/dev\/video2\n {2}Problem {2}the USB camera is in use by another program \(obs\)/);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(devicesJson([webcam, broken])).toMatchObject({ ok: false, devices: [{ source: 'usb:HD Pro Webcam C920', used: { format: 'mjpeg', width: 1920 } }, { problem: { code: 'device-busy' } }] });
});

test('no device is no mistake', () => {
  expect(devicesText([])).toMatch(/^No camera is plugged into this machine/);
  expect(devicesJson([])).toEqual({ ok: true, devices: [] });
});
