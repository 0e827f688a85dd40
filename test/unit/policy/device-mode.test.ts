import { expect, test } from '@jest/globals';
import { chooseDeviceMode, type CaptureMode, type ModeLimits } from '../../../src/policy/device-mode.js';

/** '1280x720@30,10' of a format; without rates they are not known. */
function modes(format: string, ...texts: readonly string[]): CaptureMode[] {
  return texts.map((text) => {
    const [, width, height, rates] = /^(\d+)x(\d+)(?:@(.*))?$/.exec(text) ?? [];
    return { format, width: Number(width), height: Number(height), fps: rates === undefined ? [] : rates.split(',').map(Number) };
  });
}

/** As its makers list them. */
const c920 = [...modes('yuyv422', '640x480@30,24,15', '1280x720@10,7.5,5', '1920x1080@5'), ...modes('h264', '640x480@30,15', '1920x1080@30,15,5'), ...modes('mjpeg', '640x480@30', '1920x1080@30,24,5')];
const withoutH264 = c920.filter(({ format }) => format !== 'h264');
const rawOnly = c920.filter(({ format }) => format === 'yuyv422');
const ratesUnknown = (all: readonly CaptureMode[]): CaptureMode[] => all.map((mode) => ({ ...mode, fps: [] }));

test.each<[string, readonly CaptureMode[], ModeLimits, string]>([
  ['its own H.264, which is copied', c920, {}, 'h264 1920x1080 30'],
  ['without that, JPEGs', withoutH264, {}, 'mjpeg 1920x1080 30'],
  ['uncompressed, the largest that does not jerk', rawOnly, {}, 'yuyv422 640x480 30'],
  ['H.264 that jerks gives way to JPEGs', [...modes('h264', '1920x1080@5'), ...modes('mjpeg', '1280x720@30')], {}, 'mjpeg 1280x720 30'],
  ['where all jerk, the largest', modes('yuyv422', '1280x720@10', '1920x1080@5'), {}, 'yuyv422 1920x1080 5'],
  ['nothing above 1920x1080', modes('mjpeg', '3840x2160@30', '1920x1080@30', '2592x1944@30'), {}, 'mjpeg 1920x1080 30'],
  ['unless there is nothing else: the smallest', modes('mjpeg', '3840x2160@30', '2592x1944@30'), {}, 'mjpeg 2592x1944 30'],
  ['at most as wide as the camera is to be', c920, { maxWidth: 1280 }, 'h264 640x480 30'],
  ['and as high', withoutH264, { maxHeight: 480 }, 'mjpeg 640x480 30'],
  ['and as fast', c920, { maxFps: 20 }, 'h264 1920x1080 15'],
  ['a low limit on the rate makes slow modes usable', rawOnly, { maxFps: 5 }, 'yuyv422 1920x1080 5'],
  ['the nearest rate above, where all are faster', modes('nv12', '1920x1080@60,50'), {}, 'nv12 1920x1080 50'],
  ['30.00003 pictures a second are 30', modes('nv12', '1280x720@30.00003', '640x480@60'), {}, 'nv12 1280x720 30.00003'],
  ['29.97 rather than 15', modes('nv12', '1280x720@15,29.97'), {}, 'nv12 1280x720 29.97'],
  ['rates unknown: JPEGs at the largest size', ratesUnknown(withoutH264), {}, 'mjpeg 1920x1080 30'],
  ['rates unknown, uncompressed: no more than USB 2.0 carries in time', ratesUnknown(rawOnly), {}, 'yuyv422 640x480 30'],
  ['less to carry and to convert, at the same size', [...modes('bgr24', '640x480@30'), ...modes('yuyv422', '640x480@30'), ...modes('nv12', '640x480@30')], {}, 'nv12 640x480 30'],
  ['JPEGs rather than uncompressed pictures of the same size', [...modes('yuyv422', '640x480@30'), ...modes('mjpeg', '640x480@30')], {}, 'mjpeg 640x480 30'],
  ['colours, before anything that is grey', [...modes('gray', '1280x720@30'), ...modes('yuyv422', '640x480@30')], {}, 'yuyv422 640x480 30'],
  ['grey where there is nothing else', modes('gray', '640x360@15'), {}, 'gray 640x360 15'],
  ['a format that no table knows', modes('yuv411p', '720x576@25'), {}, 'yuv411p 720x576 25'],
  ['a sensor\'s raw data are no picture', modes('bayer_bggr8', '1920x1080@30'), {}, 'none'],
  ['nothing to choose from', [], {}, 'none'],
])('%s', (_name, offered, limits, expected) => {
  const mode = chooseDeviceMode(offered, limits)?.mode;
  expect(mode ? `${mode.format} ${mode.width}x${mode.height} ${mode.fps}` : 'none').toBe(expected);
  expect(chooseDeviceMode(offered.toReversed(), limits)?.mode).toEqual(mode); // The order in which a device lists them means nothing.
});

test.each<[readonly CaptureMode[], string]>([
  [c920, 'its own H.264, which is copied, the largest that fits'],
  [withoutH264, 'the largest that fits'],
  [rawOnly, 'larger ones come slower than 15 times a second'],
  [modes('mjpeg', '2592x1944@30'), 'the smallest that it offers'],
])('the reason comes with it', (offered, because) => {
  expect(chooseDeviceMode(offered)?.because).toBe(because);
});
