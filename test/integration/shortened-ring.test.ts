import { expect, test } from '@jest/globals';
import { Recording } from '../../src/pipeline/recording/recording.js';
import { inspectClip } from '../support/clip.js';
import { openCamera } from '../support/opened-camera.js';
import { until } from '../support/until.js';

const request = { prebufferMs: 4_000, fragmentMs: 4_000, width: 640, height: 360, maxFps: 30, bitrateKbps: 500, profile: 'high', level: '3.1', sound: false, soundKbps: 64 } as const;

test('where memory is short a camera keeps hardly any past, but all of what is being recorded', async () => {
  await using opened = await openCamera();
  const { camera } = opened;
  const { packets } = camera.main;
  const short = new Set(camera.rings().map(({ id }) => id));
  camera.shorten(short);
  using _armed = camera.main.lease({ holder: 'recording armed' });
  expect([packets.shortened, camera.rings()[0]?.recorded]).toEqual([true, true]);
  await until('two GOPs have come', () => packets.published > 130);

  const stop = new AbortController();
  const recording = new Recording({ camera, request, signal: stop.signal, unreadBytes: () => 0 });
  const clip: Buffer[] = [];
  for await (const { data } of recording.packets()) {
    camera.shorten(short);
    expect(packets.shortened).toBe(false);
    clip.push(data);
    if (clip.length === 3) {
      stop.abort();
    }
  }
  camera.shorten(short);
  expect(packets.shortened).toBe(true);
  const fragments = inspectClip(clip).fragments;
  expect(fragments.map(({ startSeconds, endSeconds }) => Math.round((endSeconds - startSeconds) * 10) / 10)).toEqual([4, 4]);
  expect(recording.progress.pastMs).toBeLessThan(3_300);
}, 40_000);
