import { expect, test } from '@jest/globals';
import type { CameraFindings } from '../../../src/cli/probe/findings.js';
import { probeText } from '../../../src/cli/probe/report.js';
import { cameraFindings } from './findings.js';

function row(label: string, findings: CameraFindings): string | undefined {
  const text = probeText({ source: 'rtsp://camera/', findings, verdicts: [], advice: [], entry: { name: 'Camera', source: 'rtsp://camera/' } });
  return text.split('\n').find((line) => line.trim().startsWith(label))?.trim().replace(/ {2,}/, ': ');
}

test('a declared rate is told only where it says something else', () => {
  expect(row('Rate', cameraFindings({ measure: { fps: 12.4 }, declaredFps: 25 }))).toBe('Rate: 12.4 pictures a second (25 declared)');
  expect(row('Rate', cameraFindings({ measure: { fps: 24.9 }, declaredFps: 25 }))).toBe('Rate: 24.9 pictures a second');
});

test('colours are those of the camera, not of what is encoded of them', () => {
  const seen = { codec: 'mjpeg', width: 1280, height: 720 };
  const encoded = (pixelFormat: string): CameraFindings => cameraFindings({ taken: { mode: 'encode', because: 'the camera sends MJPEG', seen: { ...seen, pixelFormat } } });
  expect(row('Colours', cameraFindings({ format: { fullRange: true } }))).toBe('Colours: full range');
  expect(row('Colours', encoded('yuvj422p'))).toBe('Colours: full range');
  expect(row('Colours', encoded('yuyv422'))).toBe('Colours: limited range, as usual');
  expect(row('Picture', encoded('yuvj422p'))).toBe('Picture: MJPEG, 1280x720, yuvj422p');
});

test('a speaker is told as it is', () => {
  const speaker = { kind: 'none', because: 'the camera describes no speaker' } as const;
  expect(row('Speaker', { ...cameraFindings(), speaker })).toBe('Speaker: none (the camera describes no speaker)');
  expect(row('Speaker', cameraFindings())).toBeUndefined();
});
