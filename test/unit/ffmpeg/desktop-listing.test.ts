import { describe, expect, test } from '@jest/globals';
import { parseAvfoundationDevices, parseAvfoundationModes } from '../../../src/ffmpeg/devices/avfoundation-listing.js';
import { parseDshowDevices, parseDshowModes } from '../../../src/ffmpeg/devices/dshow-listing.js';

describe('macOS', () => {
  const devices = `[AVFoundation indev @ 0x7f8ff0c05a40] AVFoundation video devices:
[AVFoundation indev @ 0x7f8ff0c05a40] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f8ff0c05a40] [1] FaceTime HD Camera (Built-in)
[AVFoundation indev @ 0x7f8ff0c05a40] [2] USB Camera: Pro
[AVFoundation indev @ 0x7f8ff0c05a40] [3] 4K Stick
[AVFoundation indev @ 0x7f8ff0c05a40] [4] Capture screen 0
[AVFoundation indev @ 0x7f8ff0c05a40] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8ff0c05a40] [0] MacBook Pro Microphone
[in#0 @ 0x600000c50000] Error opening input: Input/output error
Error opening input file .`;

  test('cameras are opened by name, and by number where FFmpeg would take the name for something else; screens and sound are none', () => {
    expect(parseAvfoundationDevices(devices).map(({ name, source, path }) => [name, source, path])).toEqual([
      ['FaceTime HD Camera', 'FaceTime HD Camera', '0'], // The next one begins so too.
      ['FaceTime HD Camera (Built-in)', 'FaceTime HD Camera (Built-in)', 'FaceTime HD Camera (Built-in)'],
      ['USB Camera: Pro', 'USB Camera: Pro', '2'],
      ['4K Stick', '4K Stick', '3'],
    ]);
    expect(parseAvfoundationDevices('')).toEqual([]);
  });

  test('the modes of its complaint, as they are to be asked for: the highest rate of each range', () => {
    const said = `[avfoundation @ 0x7fd53e800000] Selected video size (1x1) is not supported by the device.
[avfoundation @ 0x7fd53e800000] Supported modes:
[avfoundation @ 0x7fd53e800000]   1280x720@[1.000000 30.000030]fps
[avfoundation @ 0x7fd53e800000]   640x480@[60.000240 60.000240]fps
[avfoundation @ 0x7fd53e800000]   640x480@[29.970000 29.970000]fps
[avfoundation @ 0x7fd53e800000]   640x480@[29.970000 29.970000]fps
[in#0 @ 0x600] Error opening input: Input/output error`;
    expect(parseAvfoundationModes(said)).toEqual([
      { format: 'nv12', width: 1280, height: 720, fps: [30.00003] },
      { format: 'nv12', width: 640, height: 480, fps: [60.00024, 29.97] },
    ]);
  });
});

describe('Windows', () => {
  const since5 = `[dshow @ 000001781c263740] "HD Pro Webcam C920" (video)
[dshow @ 000001781c263740]   Alternative name "@device_pnp_\\\\?\\usb#vid_046d&pid_082d&mi_00#7&1#{65e8773d}\\global"
[dshow @ 000001781c263740] "USB Camera: Two" (video)
[dshow @ 000001781c263740]   Alternative name "@device_pnp_\\\\?\\usb#vid_1111#1"
[dshow @ 000001781c263740] "USB Camera: Two" (video)
[dshow @ 000001781c263740]   Alternative name "@device_pnp_\\\\?\\usb#vid_1111#2"
[dshow @ 000001781c263740] "OBS Virtual Camera" (none)
[dshow @ 000001781c263740]   Alternative name "@device_sw_{860BB310}\\{A3FCE0F5}"
[dshow @ 000001781c263740] "Capture Card" (audio, video)
[dshow @ 000001781c263740]   Alternative name "@device_pnp_\\\\?\\usb#vid_2222"
[dshow @ 000001781c263740] "Microphone (Yeti)" (audio)
[dshow @ 000001781c263740]   Alternative name "@device_cm_{33D9A762}\\wave_{1}"
dummy: Immediate exit requested`;

  const before5 = `[dshow @ 046742c0] DirectShow video devices (some may be both video and audio devices)
[dshow @ 046742c0]  "OV5648"
[dshow @ 046742c0]     Alternative name "@device_pnp_\\\\?\\display#int34d7"
[dshow @ 046742c0] DirectShow audio devices
[dshow @ 046742c0]  "Microphone (Realtek)"
[dshow @ 046742c0]     Alternative name "@device_cm_{33D9A762}\\wave_{2}"`;

  test('cameras are opened by the name that no other has, and written by their own where that is alone', () => {
    expect(parseDshowDevices(since5).map(({ name, source, path }) => [name, source, path])).toEqual([
      ['HD Pro Webcam C920', 'HD Pro Webcam C920', '@device_pnp_\\\\?\\usb#vid_046d&pid_082d&mi_00#7&1#{65e8773d}\\global'],
      ['USB Camera: Two', '@device_pnp_\\\\?\\usb#vid_1111#1', '@device_pnp_\\\\?\\usb#vid_1111#1'],
      ['USB Camera: Two', '@device_pnp_\\\\?\\usb#vid_1111#2', '@device_pnp_\\\\?\\usb#vid_1111#2'],
      ['Capture Card', 'Capture Card', '@device_pnp_\\\\?\\usb#vid_2222'],
    ]);
  });

  test('the older form, with headings', () => {
    expect(parseDshowDevices(before5).map(({ name, path }) => [name, path])).toEqual([['OV5648', '@device_pnp_\\\\?\\display#int34d7']]);
    expect(parseDshowDevices('[dshow @ 0x1] Could not enumerate video devices (or none found).')).toEqual([]);
  });

  test('the modes, each once, although both forms of a format are listed and what repeats is told so', () => {
    const said = `[dshow @ 000001781c263740] DirectShow video device options (from video devices)
[dshow @ 000001781c263740]  Pin "Capture" (alternative pin name "0")
[dshow @ 000001781c263740]   pixel_format=yuyv422  min s=1280x720 fps=5 max s=1280x720 fps=10
[dshow @ 000001781c263740]   pixel_format=yuyv422  min s=1280x720 fps=5 max s=1280x720 fps=10 (tv, bt470bg/bt709/unknown, topleft)
    Last message repeated 1 times
[dshow @ 000001781c263740]   vcodec=mjpeg  min s=640x480 fps=30 max s=640x480 fps=60.0002
[dshow @ 000001781c263740]   vcodec=h264  min s=640x360 fps=30 max s=1280x720 fps=30
[dshow @ 000001781c263740]   unknown compression type 0x3231564D  min s=640x480 fps=30 max s=640x480 fps=30
video=HD Pro Webcam C920: Immediate exit requested`;
    expect(parseDshowModes(said)).toEqual([
      { format: 'yuyv422', width: 1280, height: 720, fps: [10, 5] },
      { format: 'mjpeg', width: 640, height: 480, fps: [60.0002, 60, 50, 30] },
      { format: 'h264', width: 1280, height: 720, fps: [30] },
      { format: 'h264', width: 1024, height: 576, fps: [30] },
      { format: 'h264', width: 800, height: 600, fps: [30] },
      { format: 'h264', width: 640, height: 480, fps: [30] },
      { format: 'h264', width: 640, height: 360, fps: [30] },
    ]);
  });
});
