import { expect, test } from '@jest/globals';
import { parseV4l2Ctl, parseV4l2Formats, withRates } from '../../../src/ffmpeg/devices/v4l2-listing.js';

/** As FFmpeg 5 prints it of a webcam; the list of sizes ends with the line. */
const webcam = `[video4linux2,v4l2 @ 0x160f8c0] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 1280x720 1920x1080
[video4linux2,v4l2 @ 0x160f8c0] Compressed:        h264 :                H.264 : 1920x1080
[video4linux2,v4l2 @ 0x160f8c0] Compressed:       mjpeg :          Motion-JPEG : 640x480 1920x1080
/dev/video0: Immediate exit requested`;

/** As FFmpeg 7 prints it, of the camera of a Raspberry Pi with its old driver: sizes in steps. */
const pi = `[video4linux2,v4l2 @ 0x3c8c0d0] Raw       :     yuv420p :     Planar YUV 4:2:0 : {32-2592, 2}x{32-1944, 2}
[video4linux2,v4l2 @ 0x3c8c0d0] Compressed:       mjpeg :            JFIF JPEG : {32-2592, 2}x{32-1944, 2}
[video4linux2,v4l2 @ 0x3c8c0d0] Compressed:       mjpeg :          Motion-JPEG : {32-2592, 2}x{32-1944, 2}
[in#0 @ 0x3c8bd90] Error opening input: Immediate exit requested
Error opening input file /dev/video0.`;

const odd = `[video4linux2,v4l2 @ 0x1] Raw       : Unsupported : 10-bit Bayer BGBG/GRGR : {16-16376, 1}x{16-16376, 1}
[video4linux2,v4l2 @ 0x1] Raw       :     yuv420p :     Planar YUV 4:2:0 : Emulated : 640x480
[video4linux2,v4l2 @ 0x1] Raw       :     uyvy422 :           UYVY 4:2:2 :
[video4linux2,v4l2 @ 0x1] The V4L2 driver changed the video from 640x480 to 320x240`;

test('the formats and sizes that FFmpeg prints of a webcam', () => {
  expect(parseV4l2Formats(webcam)).toEqual([
    { format: 'yuyv422', width: 640, height: 480, fps: [] },
    { format: 'yuyv422', width: 1280, height: 720, fps: [] },
    { format: 'yuyv422', width: 1920, height: 1080, fps: [] },
    { format: 'h264', width: 1920, height: 1080, fps: [] },
    { format: 'mjpeg', width: 640, height: 480, fps: [] },
    { format: 'mjpeg', width: 1920, height: 1080, fps: [] },
  ]);
});

test('sizes in steps are the usual ones, each once', () => {
  const sizes = ['1920x1080', '1280x720', '1024x576', '800x600', '640x480', '640x360', '320x240'];
  expect(parseV4l2Formats(pi).map(({ format, width, height }) => `${format} ${width}x${height}`)).toEqual(['yuv420p', 'mjpeg'].flatMap((format) => sizes.map((size) => `${format} ${size}`)));
});

test('what FFmpeg does not know, or names no size of, is left out', () => {
  expect(parseV4l2Formats(odd)).toEqual([{ format: 'yuv420p', width: 640, height: 480, fps: [] }]);
  expect(parseV4l2Formats('')).toEqual([]);
});

const ctl = `ioctl: VIDIOC_ENUM_FMT
	Type: Video Capture

	[0]: 'MJPG' (Motion-JPEG, compressed)
		Size: Discrete 640x480
			Interval: Discrete 0.033s (30.000 fps)
			Interval: Discrete 0.133s (7.500 fps)
		Size: Discrete 1280x720
			Interval: Discrete 0.033s (30.000 fps)
	[1]: 'YUYV' (YUYV 4:2:2)
		Size: Discrete 640x480
			Interval: Discrete 0.040s (25.000 fps)
	[2]: 'pRAA' (10-bit Bayer RGRG/GBGB Packed)
		Size: Discrete 640x480
			Interval: Discrete 0.040s (25.000 fps)
`;

const oldCtl = `ioctl: VIDIOC_ENUM_FMT
	Index       : 0
	Type        : Video Capture
	Pixel Format: 'H264' (compressed)
	Name        : H.264
		Size: Stepwise 32x32 - 640x480 with step 2/2
			Interval: Stepwise 0.011s - 1.000s with step 0.001s (1.000-90.000 fps)

	Index       : 1
	Type        : Video Capture
	Pixel Format: 'YUYV'
	Name        : YUYV 4:2:2
		Size: Discrete 640x480
`;

test('the rates that v4l2-ctl prints', () => {
  expect(parseV4l2Ctl(ctl)).toEqual([
    { format: 'mjpeg', width: 640, height: 480, fps: [30, 7.5] },
    { format: 'mjpeg', width: 1280, height: 720, fps: [30] },
    { format: 'yuyv422', width: 640, height: 480, fps: [25] },
  ]);
});

test('older ones print them otherwise, and some devices name limits', () => {
  const fps = [90, 60, 50, 30, 25, 20, 15, 10, 5];
  expect(parseV4l2Ctl(oldCtl)).toEqual([
    { format: 'h264', width: 640, height: 480, fps },
    { format: 'h264', width: 640, height: 360, fps },
    { format: 'h264', width: 320, height: 240, fps },
    { format: 'yuyv422', width: 640, height: 480, fps: [] },
  ]);
});

test('the rates are those of the same format and size', () => {
  expect(withRates(parseV4l2Formats(webcam), parseV4l2Ctl(ctl)).map(({ format, width, fps }) => [format, width, fps])).toEqual([
    ['yuyv422', 640, [25]],
    ['yuyv422', 1280, []],
    ['yuyv422', 1920, []],
    ['h264', 1920, []],
    ['mjpeg', 640, [30, 7.5]],
    ['mjpeg', 1920, []],
  ]);
});
