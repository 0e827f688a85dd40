import { expect, test } from '@jest/globals';
import { chooseLive, type LiveRules, type StreamFacts } from '../../../src/policy/live-choice.js';
import type { LiveRequest } from '../../../src/policy/live-request.js';

const main: StreamFacts = { name: 'main', codec: 'h264', profile: 'High', width: 1920, height: 1080, bFrames: false, fps: 30, bitrateKbps: 4000 };
const sub: StreamFacts = { name: 'sub', codec: 'h264', profile: 'Main', width: 640, height: 360, bFrames: false, fps: 15, bitrateKbps: 500 };
const iphone: LiveRequest = { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false };
const appleTv: LiveRequest = { ...iphone, width: 1920, height: 1080, bitrateKbps: 802 };
const tile: LiveRequest = { ...iphone, width: 640, height: 360 };
const watch: LiveRequest = { ...iphone, width: 320, height: 240, fps: 15, bitrateKbps: 68 };
const rules: LiveRules = { liveVideo: 'auto', copyMaxBitrate: 6000 };

/** 'copy main', 'transcode sub 640x360'. */
function chosen(request: LiveRequest, streams: readonly StreamFacts[], options: Partial<LiveRules> = {}): string {
  const choice = chooseLive(request, streams, { ...rules, ...options });
  return choice.mode === 'copy' ? `copy ${choice.stream}` : `transcode ${choice.stream} ${choice.rendition.width}x${choice.rendition.height}`;
}

const hevc: Partial<StreamFacts> = { codec: 'hevc' };

test.each<[string, string, LiveRequest, StreamFacts[], Partial<LiveRules>?]>([
  ['an iPhone at home takes 4 Mbit/s', 'copy main', iphone, [main]],
  ['an Apple TV freezes at five times what it asks for', 'transcode main 1920x1080', appleTv, [main]],
  ['and takes two and a half times', 'copy main', appleTv, [{ ...main, bitrateKbps: 2000 }]],
  ['and gets nothing tiny in place of the main stream', 'transcode main 1920x1080', appleTv, [main, sub]],
  ['a small view takes the sub stream', 'copy sub', tile, [main, sub]],
  ['a small view takes nothing wider than itself', 'transcode main 640x360', tile, [main]],
  ['a watch takes the sub stream made smaller', 'transcode sub 320x180', watch, [main, sub]],
  ['a remote iPhone takes what its connection carries', 'copy sub', { ...iphone, remote: true, bitrateKbps: 450 }, [main, sub]],
  ['and no more', 'transcode main 1280x720', { ...iphone, remote: true }, [main, sub]],
  ['a stream above copyMaxBitrate is converted', 'transcode main 1280x720', iphone, [{ ...main, bitrateKbps: 6100 }]],
  ['with another limit it is not', 'copy main', iphone, [{ ...main, bitrateKbps: 6100 }], { copyMaxBitrate: 8000 }],
  ['HEVC is converted', 'transcode main 1280x720', iphone, [{ ...main, ...hevc }]],
  ['unless a copyable sub stream is large enough', 'copy sub', iphone, [{ ...main, ...hevc }, sub]],
  ['a sub stream too small is not', 'transcode main 1280x720', iphone, [{ ...main, ...hevc }, { ...sub, width: 352, height: 240 }]],
  ['B-frames are converted', 'transcode main 1280x720', iphone, [{ ...main, bFrames: true }]],
  ['interlaced pictures are converted', 'transcode main 1280x720', iphone, [{ ...main, interlaced: true }]],
  ['unless copies are wished', 'copy main', iphone, [{ ...main, interlaced: true }], { liveVideo: 'copy' }],
  ['keyframes that are no IDR pictures are converted', 'transcode main 1280x720', iphone, [{ ...main, openGop: true }]],
  ['also where copies are wished: nothing would be seen', 'transcode main 1280x720', iphone, [{ ...main, openGop: true }], { liveVideo: 'copy' }],
  ['High 4:2:2 is converted', 'transcode main 1280x720', iphone, [{ ...main, profile: 'High 4:2:2' }]],
  ['wished copies: B-frames, bitrate and size do not matter', 'copy main', watch, [{ ...main, bFrames: true, bitrateKbps: 9000 }], { liveVideo: 'copy' }],
  ['wished copies cannot make H.264 of HEVC', 'transcode main 1280x720', iphone, [{ ...main, ...hevc }], { liveVideo: 'copy' }],
  ['wished conversions are obeyed', 'transcode main 1280x720', iphone, [main], { liveVideo: 'transcode' }],
  ['limits hold for copies too: size', 'transcode main 854x480', iphone, [main], { maxHeight: 480 }],
  ['limits hold for copies too: rate', 'transcode main 1280x720', iphone, [main], { maxFps: 15 }],
  ['limits hold for copies too: bitrate', 'transcode main 1280x720', iphone, [main], { maxBitrate: 2000, liveVideo: 'copy' }],
  ['a bitrate that is not known yet may be above the limit', 'transcode main 1280x720', iphone, [{ name: 'main' }], { maxBitrate: 8000 }],
  ['a limit that the sub stream keeps is no reason to convert', 'copy sub', iphone, [main, sub], { maxHeight: 480 }],
  ['a frame rate is not exact', 'copy main', iphone, [{ ...main, fps: 30.3 }], { maxFps: 30 }],
  ['a lossy connection gets no more than it carries', 'copy sub', { ...iphone, copyUpToKbps: 2400 }, [main, sub]],
  ['a stream never seen is taken for what is usual', 'copy main', iphone, [{ name: 'main' }, { name: 'sub' }]],
  ['also where little is asked for', 'copy sub', tile, [{ name: 'main' }, { name: 'sub' }]],
  ['a stream that is not there gives way', 'transcode main 640x360', tile, [main, { ...sub, failing: true }]],
  ['where none is there, the nearest is waited for', 'copy sub', tile, [{ ...main, failing: true }, { ...sub, failing: true }]],
  ['a small source is not enlarged', 'transcode sub 640x360', appleTv, [{ ...sub, ...hevc }]],
  ['pictures are decoded from the smallest stream that has enough', 'transcode sub 640x360', tile, [{ ...main, ...hevc }, { ...sub, ...hevc }]],
])('%s: %s', (_why, expected, request, streams, options = {}) => {
  expect(chosen(request, streams, options)).toBe(expected);
});

test.each<[RegExp, LiveRequest, StreamFacts[], Partial<LiveRules>?]>([
  [/only stream, goes out as it is/, iphone, [main]],
  [/nearest to 640x360/, tile, [main, sub]],
  [/HEVC/, iphone, [{ ...main, ...hevc }]],
  [/802 kbit\/s would freeze at 4000/, appleTv, [main]],
  [/away from home and asks for 299 kbit\/s, the camera sends 4000/, { ...iphone, remote: true }, [main]],
  [/option "liveVideo" is "transcode"/, iphone, [main], { liveVideo: 'transcode' }],
  [/"maxBitrate" allows \(2000\)/, iphone, [main], { maxBitrate: 2000 }],
])('the reason is told: %s', (because, request, streams, options = {}) => {
  expect(chooseLive(request, streams, { ...rules, ...options }).because).toMatch(because);
});
