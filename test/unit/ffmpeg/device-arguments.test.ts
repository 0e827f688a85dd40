import { expect, test } from '@jest/globals';
import { ingestArguments } from '../../../src/ffmpeg/ingest-arguments.js';
import type { CaptureSystem, IngestInput } from '../../../src/ffmpeg/input-arguments.js';

const before = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-fflags', '+genpts+discardcorrupt', '-analyzeduration', '1000000'];
const after = ['-map', '0:v:0', '-c', 'copy', '-f', 'mp4', '-movflags', 'frag_every_frame+delay_moov+default_base_moof+skip_trailer', '-flush_packets', '1', 'pipe:1'];

function input(system: CaptureSystem, device: string, format: string, fps = 30): IngestInput {
  return { kind: 'device', system, device, mode: { format, width: 1280, height: 720, fps } };
}

test.each<[string, IngestInput, readonly string[]]>([
  ['V4L2, its own H.264', input('v4l2', '/dev/video0', 'h264'), ['-f', 'v4l2', '-input_format', 'h264', '-video_size', '1280x720', '-framerate', '30', '-i', '/dev/video0']],
  ['V4L2, uncompressed', input('v4l2', '/dev/video2', 'yuyv422', 7.5), ['-f', 'v4l2', '-input_format', 'yuyv422', '-video_size', '1280x720', '-framerate', '7.5', '-i', '/dev/video2']],
  ['AVFoundation, without sound', input('avfoundation', 'FaceTime HD Camera', 'nv12', 30.00003), ['-f', 'avfoundation', '-pixel_format', 'nv12', '-video_size', '1280x720', '-framerate', '30.00003', '-i', 'FaceTime HD Camera:none']],
  ['DirectShow, compressed', input('dshow', '@device_pnp_\\\\?\\usb#1', 'mjpeg'), ['-f', 'dshow', '-rtbufsize', '64M', '-vcodec', 'mjpeg', '-video_size', '1280x720', '-framerate', '30', '-i', 'video=@device_pnp_\\\\?\\usb#1']],
  ['DirectShow, uncompressed', input('dshow', 'Cam', 'yuyv422'), ['-f', 'dshow', '-rtbufsize', '64M', '-pixel_format', 'yuyv422', '-video_size', '1280x720', '-framerate', '30', '-i', 'video=Cam']],
])('a device of %s', (_name, device, expected) => {
  expect(ingestArguments({ input: device, picture: { mode: 'copy' }, patient: false, times: 'camera', jpegs: false, sound: 'mov' })).toEqual([...before, ...expected, ...after]);
});
