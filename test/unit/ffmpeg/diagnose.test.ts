import { expect, test } from '@jest/globals';
import { Problem } from '../../../src/problems.js';
import { diagnoseIngest, diagnosePicture, diagnoseSound, inHardwaresWords } from '../../../src/ffmpeg/diagnose.js';
import type { FfmpegEnd } from '../../../src/ffmpeg/ffmpeg-process.js';

const end = (said: string, code: number | null = 1): FfmpegEnd => ({ code, signal: null, said, asked: false });

test.each([
  ['[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized\nrtsp://***@10.0.0.5/x: Server returned 401 Unauthorized (authorization failed)', 'camera-refused-login'],
  ['Server returned 403 Forbidden (access denied)', 'camera-refused-login'],
  ['method DESCRIBE failed: 404 Not Found', 'camera-stream-not-found'],
  ['method SETUP failed: 453 Not Enough Bandwidth', 'camera-busy'],
  ['method DESCRIBE failed: 503 Service Unavailable', 'camera-busy'],
  ['[tcp @ 0x1] Connection to tcp://10.0.0.5:554?timeout=5000000 failed: Connection refused', 'camera-unreachable'],
  ['[tcp @ 0x1] Connection to tcp://10.0.0.5:554 failed: No route to host', 'camera-unreachable'],
  ['Failed to resolve hostname cam.local: Name or service not known', 'camera-unreachable'],
  ['rtsp://***@10.0.0.5/x: Connection timed out', 'camera-silent'],
  ['rtsp://10.0.0.5/x: Error number -138 occurred', 'camera-silent'],
  ['Could not find codec parameters for stream 0 (Video: none, none)', 'stream-unreadable'],
  ['Stream map \'0:v:0\' matches no streams.', 'stream-unreadable'],
  ['rtsp://***@10.0.0.5/x: Invalid data found when processing input', 'stream-unreadable'],
  ['rtsp://***@10.0.0.5/x: End of file', 'camera-closed'],
  ['spawn ffmpeg ENOENT', 'ffmpeg-missing'],
  ['srt://10.0.0.5:9000: Protocol not found\nDid you mean file:srt://10.0.0.5:9000?', 'ffmpeg-lacks-input'],
  ['[in#0 @ 0x5575] Unknown input format: \'v4l2\'', 'ffmpeg-lacks-input'],
  ['[rtmp @ 0x558] Server error: Authorization required', 'camera-refused-login'],
  ['[rtmp @ 0x558] Server error: No such stream x\nrtmp://***: Operation not permitted', 'camera-stream-not-found'],
  ['[srt @ 0x563] Connection to srt://10.0.0.5:9000 failed: Input/output error', 'camera-unreachable'],
  ['Segmentation fault', 'ffmpeg-failed'],
  // V4L2, of FFmpeg 5 and 7.
  ['/dev/video0: Device or resource busy', 'device-busy'],
  ['[video4linux2,v4l2 @ 0x1] ioctl(VIDIOC_REQBUFS): Device or resource busy\n[in#0 @ 0x2] Error opening input: Device or resource busy', 'device-busy'],
  ['[in#0 @ 0x2] Error opening input: Device or resource busy\nError opening input file /dev/video0.', 'device-busy'],
  ['[video4linux2,v4l2 @ 0x1] Cannot open video device /dev/video0: Permission denied\n/dev/video0: Permission denied', 'device-forbidden'],
  ['[video4linux2,v4l2 @ 0x1] Cannot open video device /dev/video0: Operation not permitted', 'device-forbidden'],
  ['[video4linux2,v4l2 @ 0x1] Cannot open video device /dev/video0: No such file or directory\n/dev/video0: No such file or directory', 'device-missing'],
  ['[video4linux2,v4l2 @ 0x1] ioctl(VIDIOC_DQBUF): No such device\n/dev/video0: No such device', 'device-missing'],
  ['[video4linux2,v4l2 @ 0x1] Cannot find a proper format for codec \'none\' (id 0), pixel format \'nv12\' (id 23)\n/dev/video0: Invalid argument', 'device-unusable'],
  // DirectShow.
  ['[dshow @ 0x1] Could not run graph (sometimes caused by a device already in use by other application)\nvideo=Cam: I/O error', 'device-busy'],
  ['[dshow @ 0x1] Could not find video device with name [Cam] among source devices of type video.\nvideo=Cam: I/O error', 'device-missing'],
  ['[dshow @ 0x1] Could not set video options\nvideo=Cam: I/O error', 'device-unusable'],
  // AVFoundation.
  ['[avfoundation @ 0x1] Video device not found\nCam:none: Input/output error', 'device-missing'],
  ['[avfoundation @ 0x1] Failed to create AV capture input device: Cannot use FaceTime HD Camera\nCam:none: Input/output error', 'device-forbidden'],
  ['[avfoundation @ 0x1] Could not lock device for configuration.', 'device-busy'],
  ['[avfoundation @ 0x1] Selected framerate (30.000000) is not supported by the device.', 'device-unusable'],
  // The same words of graphics hardware.
  ['[AVHWDeviceContext @ 0x1] Failed to initialise VAAPI connection: No such device', 'ffmpeg-failed'],
  ['[h264_v4l2m2m @ 0x1] output VIDIOC_REQBUFS failed: Device or resource busy', 'ffmpeg-failed'],
])('%s is %s', (said, code) => {
  expect(diagnoseIngest(end(said), false).code).toBe(code);
});

test('an orderly or unexplained end after pictures means that the camera went away', () => {
  expect(diagnoseIngest(end('', 0), true).code).toBe('camera-closed');
  expect(diagnoseIngest(end('', 0), false).code).toBe('camera-closed');
  expect(diagnoseIngest(end('something'), true).code).toBe('camera-closed');
  expect(diagnoseIngest(end('[srt @ 0x563] Connection to srt://10.0.0.5:9000 failed: Input/output error'), true).code).toBe('camera-closed');
});

test.each([
  ['[hevc @ 0x1] PPS id out of range: 0\n[mp4 @ 0x2] dimensions not set', undefined],
  ['[h264 @ 0x1] non-existing PPS 0 referenced\n[h264 @ 0x1] no frame!', new Problem('camera-silent')],
  ['[h264 @ 0x1] non-existing PPS 0 referenced\n[h264 @ 0x1] no frame!', new Problem('camera-no-keyframe')],
])('pictures without parameter sets are incomplete, and no silence: %s', (said, because) => {
  expect(diagnoseIngest(end(said), false, because).code).toBe('stream-incomplete');
  expect(diagnoseIngest(end(said), true, because).code).toBe(because?.code ?? 'camera-closed'); // Damage on the way.
});

test('what an ingest was given up for is its problem', () => {
  const because = new Problem('camera-clock-set');
  expect(diagnoseIngest(end('non-existing PPS 0 referenced'), false, because)).toBe(because);
});

test.each([
  ['[mp4 @ 0x2] dimensions not set\n[out#0/mp4 @ 0x3] Could not write header', 'parameters'],
  ['[rtsp @ 0x1] Could not find codec parameters for stream 0 (Video: h264, none): unspecified size', 'parameters'],
  // FFmpeg 5 and 7: of the picture, and of sound.
  ['[mp4 @ 0x1] Could not find tag for codec vp8 in stream #0, codec not currently supported in container\nCould not write header for output file #0 (incorrect codec parameters ?): Invalid argument', 'codec'],
  ['[mp4 @ 0x1] Could not find tag for codec vp8 in stream #0, codec not currently supported in container\n[out#0/mp4 @ 0x2] Could not write header (incorrect codec parameters ?): Invalid argument', 'codec'],
  ['[mp4 @ 0x1] Could not find tag for codec adpcm_g726 in stream #0, codec not currently supported in container\nCould not write header for output file #1 (incorrect codec parameters ?): Invalid argument', undefined],
  ['[mov @ 0x1] Could not find tag for codec adpcm_g726 in stream #0, codec not currently supported in container\n[out#1/mov @ 0x2] Could not write header (incorrect codec parameters ?): Invalid argument', undefined],
  ["Stream map '0:v:0' matches no streams.\nTo ignore this, add a trailing '?' to the map.", 'place'],
  ["[mp4 @ 0x1] Can't write packet with unknown timestamp", 'times'],
  ['rtsp://***@10.0.0.5/x: End of file', undefined],
])('picture: %s is %s', (said, trouble) => {
  expect(diagnosePicture({ said })).toBe(trouble);
});

test.each([
  ['Output #1, mov, to \'pipe:3\':\nOutput file #1 does not contain any stream', 'absent'],
  ['[out#1/mov @ 0x5] Output file does not contain any stream', 'absent'],
  ['[mov @ 0x55ed] Could not find tag for codec adpcm_g726le in stream #0, codec not currently supported in container', 'unfit'],
  ['[mov @ 0x560d] opus only supported in MP4.\nCould not write header for output file #1 (incorrect codec parameters ?): Invalid argument', 'mp4'],
  ['[mov @ 0x559302a328c0] Malformed AAC bitstream detected: use the audio bitstream filter \'aac_adtstoasc\' to fix it', 'adts'],
  ['[mov @ 0x5633] flac only supported in MP4.', 'unfit'],
  ['[mov @ 0x55a9] track 0: codec block align is not set for adpcm', 'unfit'],
  ['Decoder (codec none) not found for input stream #0:1', 'unfit'],
  ['[out#1/mp4 @ 0x5] Could not find tag for codec adpcm_g726le in stream #0', 'unfit'],
  ["Stream map '0:v:0' matches no streams.", undefined],
  ["Stream map '' matches no streams.", undefined],
  ['rtsp://***@10.0.0.5/x: End of file', undefined],
  ['method DESCRIBE failed: 401 Unauthorized', undefined],
])('sound: %s is %s', (said, trouble) => {
  expect(diagnoseSound({ said })).toBe(trouble);
});

test.each([
  ['[AVHWDeviceContext @ 0x1] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected', 1, true],
  ['[h264_nvenc @ 0x1] EncodePicture failed!: device lost (10)', 1, true],
  ['[vost#0:0/h264_vaapi @ 0x1] [enc:h264_vaapi @ 0x2] Error submitting video frame to the encoder\n[h264_vaapi @ 0x2] Failed to end picture encode issue', 251, true],
  ['[h264_nvenc @ 0x1] Something small\n', 0, false], // The camera has ended it.
  // What FFmpeg says of hardware where there was nothing to encode.
  ['[vost#0:0/h264_nvenc @ 0x1] Could not open encoder before EOF', 1, false],
  ['[vost#0:0/h264_nvenc @ 0x1] [enc:h264_nvenc @ 0x2] Could not open encoder before EOF', 1, false],
  ['[h264_qsv @ 0x1] Error decoding stream header: unsupported (-3)', 1, false],
  ['http://10.0.0.5/x: Server returned 5XX Server Error reply', 1, false],
])('hardware is to blame without doubt: %s (%i): %p', (said, code, expected) => {
  expect(inHardwaresWords({ said, code })).toBe(expected);
});
