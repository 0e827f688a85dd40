import { describe, expect, test } from '@jest/globals';
import { chooseAllowed, type Allowance, type ConversionCaps, type Refusal, type RunningConversion, type ViewChoice } from '../../../src/policy/allowed-choice.js';
import type { LiveRules, StreamFacts } from '../../../src/policy/live-choice.js';
import type { LiveRequest } from '../../../src/policy/live-request.js';
import { below, seededRandom } from '../../support/seeded-random.js';

const main: StreamFacts = { name: 'main', codec: 'h264', profile: 'High', width: 1920, height: 1080, bFrames: false, fps: 30, bitrateKbps: 4000 };
const sub: StreamFacts = { name: 'sub', codec: 'h264', profile: 'Main', width: 640, height: 360, bFrames: false, fps: 15, bitrateKbps: 500 };
const hevc: StreamFacts = { ...main, codec: 'hevc' };
const iphone: LiveRequest = { width: 1280, height: 720, fps: 30, bitrateKbps: 299, profile: 'high', level: '3.1', remote: false };
const appleTv: LiveRequest = { ...iphone, width: 1920, height: 1080, bitrateKbps: 802 };
const tile: LiveRequest = { ...iphone, width: 640, height: 360 };
const rules: LiveRules = { liveVideo: 'auto', copyMaxBitrate: 6000 };

const because = 'the machine was 95 % busy for 10 s';
const anything = (): undefined => undefined;
const shared: RunningConversion = { stream: 'main', rendition: { width: 854, height: 480, fps: 20, bitrateKbps: 200, profile: 'high', level: '3.1' } };
const large: RunningConversion = { stream: 'main', rendition: { ...shared.rendition, width: 1280, height: 720 } };
const busy: Refusal = { because, running: [], smallest: true };
const full: Refusal = { because: 'no more than 1 may be at the same time ("maxTranscodes")', running: [], smallest: false };

/** 'copy main', 'transcode sub 640x360, 30 fps', 'wait main'. */
function said(choice: ViewChoice): string {
  const what = choice.mode === 'transcode' ? ` ${choice.rendition.width}x${choice.rendition.height}, ${choice.rendition.fps} fps` : '';
  return `${choice.mode} ${choice.stream}${what}`;
}

function capped(request: LiveRequest, streams: readonly StreamFacts[], caps: ConversionCaps, options: Partial<LiveRules> = {}): string {
  return said(chooseAllowed(request, streams, { ...rules, ...options }, { caps, whyRefused: anything }).choice);
}

describe('while the machine is busy, a view that is converted', () => {
  test.each<[string, string, LiveRequest, StreamFacts[], ConversionCaps, Partial<LiveRules>?]>([
    ['has what it asks for where nothing is limited', 'transcode main 1280x720, 30 fps', iphone, [hevc], {}],
    ['is slower', 'transcode main 1280x720, 15 fps', iphone, [hevc], { maxFps: 15 }],
    ['is smaller, in its shape', 'transcode main 854x480, 30 fps', iphone, [hevc], { maxHeight: 480 }],
    ['is both', 'transcode main 640x360, 10 fps', appleTv, [hevc], { maxFps: 10, maxHeight: 360 }],
    ['is never enlarged by what is allowed', 'transcode main 640x360, 10 fps', { ...tile, fps: 10 }, [hevc], { maxFps: 25, maxHeight: 1080 }],
    ['is the sub stream as it is, where that is large enough by now', 'copy sub', appleTv, [hevc, sub], { maxHeight: 480 }],
    ['but not where that is too small', 'transcode main 1280x720, 30 fps', appleTv, [hevc, { ...sub, width: 320, height: 180 }], { maxHeight: 720 }],
    ['stays within what the user allows, where that is less', 'transcode main 640x360, 12 fps', iphone, [hevc], { maxFps: 15, maxHeight: 480 }, { maxFps: 12, maxHeight: 360 }],
  ])('%s: %s', (_what, expected, request, streams, caps, options = {}) => {
    expect(capped(request, streams, caps, options)).toBe(expected);
  });

  test('but one that is copied is left alone: it costs nothing', () => {
    const asked: RunningConversion[] = [];
    const { choice, ...rest } = chooseAllowed(iphone, [main], rules, { caps: { maxFps: 10, maxHeight: 360 }, whyRefused: (conversion) => void asked.push(conversion) });
    expect({ choice: said(choice), asked, ...rest }).toEqual({ choice: 'copy main', asked: [], wanted: undefined, refused: false, granted: undefined });
  });
});

describe('where nothing new is converted, a view gets', () => {
  test.each<[string, string, LiveRequest, StreamFacts[], Refusal, Partial<LiveRules>?]>([
    ['the camera\'s own stream, also one that is too wide', 'copy main', tile, [main], busy],
    ['also one above "copyMaxBitrate"', 'copy main', iphone, [{ ...main, bitrateKbps: 7000 }], busy],
    ['also where "liveVideo" is "transcode"', 'copy main', iphone, [main], busy, { liveVideo: 'transcode' }],
    ['the nearest of its own streams', 'copy sub', { ...tile, width: 320, height: 180 }, [main, sub], busy],
    ['and rather that than somebody else\'s conversion', 'copy sub', iphone, [hevc, { ...sub, width: 480, height: 270 }], { ...busy, running: [shared] }],
    ['what is converted already, where its own streams cannot be shown', 'transcode main 854x480, 20 fps', iphone, [hevc], { ...busy, running: [shared] }],
    ['the smallest of what is converted already', 'transcode main 854x480, 20 fps', iphone, [hevc], { ...full, running: [large, shared] }],
    ['the smallest of all, where the machine is busy and there is nothing else', 'transcode main 640x360, 10 fps', appleTv, [hevc], busy],
    ['nothing, where a limit of the user stands against it', 'wait main', appleTv, [hevc], full],
    ['nothing that freezes on a large screen', 'wait main', appleTv, [main], full],
    ['nothing that freezes everywhere: B-frames', 'wait main', iphone, [{ ...main, bFrames: true }], full],
    ['nothing that the connection to it does not carry', 'wait main', { ...iphone, copyUpToKbps: 900 }, [main], full],
    ['nothing of a stream that is not there', 'wait main', tile, [main, { ...sub, failing: true, width: 1280, height: 720 }].map((each) => ({ ...each, codec: each.name === 'main' ? 'hevc' : 'h264' })), full],
    ['never more than the user allows: width', 'wait main', iphone, [main], full, { maxWidth: 1280 }],
    ['never more than the user allows: rate', 'wait main', iphone, [main], full, { maxFps: 20 }],
    ['never more than the user allows: bitrate', 'wait main', iphone, [main], full, { maxBitrate: 2000 }],
    ['but what the user does allow', 'copy sub', iphone, [main, sub], full, { maxWidth: 1280, liveVideo: 'transcode' }],
  ])('%s: %s', (_what, expected, request, streams, refusal, options = {}) => {
    const { choice, refused, wanted } = chooseAllowed(request, streams, { ...rules, ...options }, { caps: {}, whyRefused: () => refusal });
    expect(said(choice)).toBe(expected);
    expect({ refused, wants: wanted !== undefined }).toEqual({ refused: true, wants: true });
    expect(choice.because).toContain(refusal.because);
  });
});

test('what is wanted and what was granted are told without the caps; a rate that the camera does not have is not wanted', () => {
  const allowance: Allowance = { caps: { maxFps: 10, maxHeight: 480 }, whyRefused: anything };
  const { wanted, granted, choice } = chooseAllowed(appleTv, [{ ...hevc, fps: 20 }], rules, allowance);
  expect(wanted).toEqual({ fps: 20, height: 1080 });
  expect(granted?.rendition).toMatchObject({ width: 1920, height: 1080, fps: 30 });
  expect(choice).toMatchObject({ rendition: { width: 854, height: 480, fps: 10 } });
  expect(chooseAllowed(appleTv, [hevc, sub], rules, allowance)).toMatchObject({ choice: { mode: 'copy' }, refused: false, granted: undefined });
  expect(chooseAllowed(appleTv, [hevc], rules, { ...allowance, whyRefused: () => busy })).toMatchObject({ refused: true, granted: undefined });
});

test('whatever the load, the streams and the request: the user\'s limits and the caps hold, and HEVC is never copied', () => {
  const random = seededRandom(20);
  const one = <Item>(...items: readonly [Item, ...Item[]]): Item => items[below(random, items.length)] ?? items[0];
  for (let round = 0; round < 20_000; round++) {
    const stream = (name: 'main' | 'sub'): StreamFacts => {
      const [width, height] = one([1920, 1080], [1280, 720], [640, 360], [352, 288]);
      return { name, codec: one('h264', 'hevc'), profile: 'High', width, height, bFrames: random() < 0.2, fps: one(15, 25, 30), bitrateKbps: one(300, 1000, 4000, 8000), failing: random() < 0.1 };
    };
    const streams = one([stream('main')], [stream('main'), stream('sub')]);
    const options: LiveRules = { ...rules, liveVideo: one('auto', 'copy', 'transcode'), maxWidth: one(undefined, 640), maxHeight: one(undefined, 480), maxFps: one(undefined, 12), maxBitrate: one(undefined, 900) };
    const caps: ConversionCaps = { maxFps: one(undefined, 10, 20), maxHeight: one(undefined, 360, 720) };
    const whyRefused = one<Allowance['whyRefused']>(anything, () => busy, () => full);
    const request = { ...one(iphone, appleTv, tile), remote: random() < 0.2 };
    const { choice, refused } = chooseAllowed(request, streams, options, { caps, whyRefused });
    const shown = streams.find(({ name }) => name === choice.stream);
    const { width = 0, height = 0, fps = 0, bitrateKbps = 0 } = choice.mode === 'transcode' ? choice.rendition : (shown ?? {});
    const most = choice.mode === 'transcode' && !refused ? caps : {};
    const broken =
      choice.mode !== 'wait' &&
      (width > (options.maxWidth ?? Infinity) ||
        height > Math.min(options.maxHeight ?? Infinity, most.maxHeight ?? Infinity) ||
        fps > Math.min((options.maxFps ?? Infinity) * (choice.mode === 'copy' ? 1.1 : 1), most.maxFps ?? Infinity) ||
        bitrateKbps > (options.maxBitrate ?? Infinity) ||
        (choice.mode === 'copy' && shown?.codec === 'hevc'));
    expect({ round, broken: broken ? { choice, streams, options, caps } : false }).toEqual({ round, broken: false });
  }
});
