import { expect, test } from '@jest/globals';
import { readBanner } from '../../../src/ffmpeg/stream-banner.js';

test.each([
  ['mpeg2video (Main), yuv420p(tv, top first), 720x576 [SAR 16:15 DAR 4:3], 25 fps, 25 tbr, 90k tbn', true],
  ['h264 (High), yuv420p(bottom first), 1920x1080, 25 fps, 50 tbr, 1200k tbn', true],
  ['dvvideo, yuv420p(bottom coded first (swapped)), 720x576 [SAR 16:15 DAR 4:3], 25 fps, 25 tbr, 25 tbn', true],
  ['h264 (High), yuv420p(tv, bt709, progressive), 1280x720, 30 fps, 30 tbr, 90k tbn', undefined],
  ['mjpeg (Baseline), yuvj422p(pc, bt470bg/unknown/unknown), 640x480, 15 fps, 15 tbr, 15 tbn', undefined],
])('%s: interlaced %s', (line, interlaced) => {
  expect(readBanner(`Input #0, mpegts, from 'pipe:':\n  Stream #0:0[0x100]: Video: ${line}\n`).picture?.interlaced).toBe(interlaced);
});
