import { expect, test } from '@jest/globals';
import type { FoundDevice } from '../../../src/ffmpeg/devices/capture-device.js';
import { resolveDevice } from '../../../src/ffmpeg/devices/resolve-device.js';

function device(name: string, number: number, more: Partial<FoundDevice> = {}): FoundDevice {
  return { name, source: name, path: `/dev/video${number}`, links: [`/dev/v4l/by-id/usb-${number}`], first: true, ...more };
}

const desk = device('HD Pro Webcam C920', 0);
const data = device('HD Pro Webcam C920', 1, { source: '/dev/v4l/by-id/usb-1', first: false });
const left = device('Twin', 2, { source: '/dev/v4l/by-id/usb-2' });
const right = device('Twin', 4, { source: '/dev/v4l/by-id/usb-4' });
const small = device('Web', 6);
const all = [desk, data, left, right, small];

test.each([
  ['HD Pro Webcam C920', desk],
  ['hd pro webcam c920', desk],
  ['c920', desk],
  ['Web', small], // Its whole name, although another has it as a part.
  ['/dev/video4', right],
  ['/dev/v4l/by-id/usb-1', data],
])('%s is found', (wanted, expected) => {
  expect(resolveDevice(wanted, all)).toBe(expected);
});

test.each([
  ['Twin', 'device-ambiguous', '"Twin" is "Twin" (/dev/v4l/by-id/usb-2), "Twin" (/dev/v4l/by-id/usb-4)'],
  ['w', 'device-ambiguous', '"w" is "HD Pro Webcam C920", "Twin" (/dev/v4l/by-id/usb-2), "Twin" (/dev/v4l/by-id/usb-4), "Web"'],
  ['Doorbell', 'device-missing', '"Doorbell"; there is "HD Pro Webcam C920", "Twin" (/dev/v4l/by-id/usb-2), "Twin" (/dev/v4l/by-id/usb-4), "Web"'],
  ['/dev/video9', 'device-missing', expect.stringContaining('"/dev/video9"; there is')],
])('%s is not: it says what there is', (wanted, code, detail) => {
  expect(() => resolveDevice(wanted, all)).toThrow(expect.objectContaining({ code, detail }));
});

test('without any device, and with very many', () => {
  expect(() => resolveDevice('Cam', [])).toThrow(expect.objectContaining({ detail: '"Cam"; there is none' }));
  const many = Array.from({ length: 8 }, (_, number) => device(`Eye ${number}`, number));
  expect(() => resolveDevice('Cam', many)).toThrow(expect.objectContaining({ detail: '"Cam"; there is "Eye 0", "Eye 1", "Eye 2", "Eye 3", "Eye 4", 3 more' }));
});
