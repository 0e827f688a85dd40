import { describe, expect, test } from '@jest/globals';
import { adviceFor } from '../../../src/cli/probe/advice.js';
import type { CameraFindings } from '../../../src/cli/probe/findings.js';
import { homeVerdict } from '../../../src/cli/probe/home-verdict.js';
import type { CameraSource } from '../../../src/media/camera-source.js';
import type { LiveRules } from '../../../src/policy/live-choice.js';
import { aac32, cameraFindings, g711 } from './findings.js';

const rules: LiveRules = { liveVideo: 'auto', copyMaxBitrate: 6_000 };
const rtsp: CameraSource = { kind: 'rtsp', url: 'rtsp://camera/', transport: 'tcp' };
const smallSub = { format: { width: 640, height: 360 }, measure: { bitrateKbps: 350 } };
const mjpeg = { mode: 'encode', because: 'the camera sends MJPEG', seen: { codec: 'mjpeg', width: 1280, height: 720 } } as const;

function causes(findings: CameraFindings, source: CameraSource = rtsp): string[] {
  return adviceFor({ findings, source, rules }).map(({ cause }) => cause);
}

function costs(findings: CameraFindings): string[] {
  return homeVerdict(findings, rules)
    .filter(({ mode, use }) => mode === 'convert' && (use === 'live view' || use === 'recording'))
    .map(({ who }) => who);
}

describe('what to change in a camera', () => {
  test('is nothing where nothing could be better', () => {
    expect(causes(cameraFindings({ sound: aac32 }, smallSub))).toEqual([]);
    expect(costs(cameraFindings({ sound: aac32 }, smallSub))).toEqual(['Apple Watch']);
  });

  test.each<[string, CameraFindings, string[]]>([
    ['HEVC', cameraFindings({ format: { codec: 'hevc', profile: 'Main 10' } }, smallSub), ['hevc']],
    ['H.264 that no Apple device shows', cameraFindings({ format: { profile: 'High 4:2:2' } }, smallSub), ['profile']],
    ['B-frames, keyframes far apart and a high bitrate are all told', cameraFindings({ measure: { bFrames: true, keyframeIntervalMs: 8_000, bitrateKbps: 4_000 } }, smallSub), ['bFrames', 'keyframes', 'bitrate']],
    ['4K', cameraFindings({ format: { width: 3840, height: 2160 } }, smallSub), ['size']],
    ['no sub stream', cameraFindings(), ['substream']],
    ['sound that recordings do not take', cameraFindings({ sound: g711 }, smallSub), ['sound']],
    ['MJPEG', cameraFindings({ taken: mjpeg }, smallSub), ['codec']],
    ['a turned picture', cameraFindings({ taken: { ...mjpeg, seen: { ...mjpeg.seen, codec: 'h264' } } }, smallSub), ['turn']],
  ])('%s', (_, findings, expected) => {
    expect(causes(findings)).toEqual(expected);
  });

  test('is nothing for what nobody can change', () => {
    const worst = cameraFindings({ format: { codec: 'hevc' }, measure: { bFrames: true, bitrateKbps: 9_000 }, sound: g711, taken: mjpeg });
    const fixed: readonly CameraSource[] = [{ kind: 'test', width: 640, height: 360, fps: 30 }, { kind: 'usb', device: 'Webcam' }, { kind: 'arguments', arguments: ['-i', 'x'] }];
    expect(fixed.flatMap((source) => causes(worst, source))).toEqual([]);
  });

  test('a bitrate is advised that the large screens then take, by the same rules', () => {
    const [advice] = adviceFor({ findings: cameraFindings({ measure: { bitrateKbps: 4_000 } }, smallSub), source: rtsp, rules });
    const bitrateKbps = Number(/(\d+) kbit\/s/.exec(advice?.advice ?? '')?.[1]);
    expect(costs(cameraFindings({ measure: { bitrateKbps: 4_000 } }, smallSub))).toContain('iPad or Apple TV at home');
    expect(costs(cameraFindings({ measure: { bitrateKbps } }, smallSub))).not.toContain('iPad or Apple TV at home');
  });

  test('the advised sub stream is shown away from home as it is', () => {
    expect(costs(cameraFindings())).toContain('iPhone away from home');
    expect(costs(cameraFindings({}, smallSub))).not.toContain('iPhone away from home');
  });
});
