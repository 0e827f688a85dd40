import { describe, expect, test } from '@jest/globals';
import { type BackchannelFormat, backchannelOf, controlBase, type Microphone, microphoneOf, parseSdp, resolveControl, sessionControl } from '../../../src/media/sdp.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';
import * as cameras from './sdp-of-cameras.js';

const base = 'rtsp://192.0.2.9/cam/realmonitor?channel=1&subtype=0/';

function offer(sdp: string): (Pick<BackchannelFormat, 'codec' | 'payloadType' | 'clockRate' | 'control'> & { config?: string })[] {
  const found = backchannelOf(parseSdp(sdp), base);
  return (found?.formats ?? []).map(({ codec, payloadType, clockRate, control, config }) => ({ codec, payloadType, clockRate, control, ...(config && { config: Buffer.from(config).toString('hex') }) }));
}

describe('the speaker of', () => {
  test('Hikvision: absolute controls', () => {
    expect(offer(cameras.hikvision)).toEqual([{ codec: 'pcm_mulaw', payloadType: 0, clockRate: 8000, control: 'rtsp://192.0.2.70:554/Streaming/Channels/101/trackID=4' }]);
    expect(sessionControl(parseSdp(cameras.hikvision), base)).toBe('rtsp://192.0.2.70:554/Streaming/Channels/101/');
  });

  test('Dahua and Amcrest: eight formats, and a query in the address', () => {
    const control = 'rtsp://192.0.2.9/cam/realmonitor?channel=1&subtype=0/trackID=5';
    expect(offer(cameras.dahua)).toEqual([
      { codec: 'pcm_mulaw', payloadType: 104, clockRate: 16_000, control },
      { codec: 'pcm_mulaw', payloadType: 0, clockRate: 8000, control },
      { codec: 'pcm_alaw', payloadType: 103, clockRate: 16_000, control },
      { codec: 'pcm_alaw', payloadType: 8, clockRate: 8000, control },
      { codec: 'pcm_s16be', payloadType: 102, clockRate: 16_000, control },
      { codec: 'pcm_s16be', payloadType: 101, clockRate: 8000, control },
      { codec: 'aac', payloadType: 100, clockRate: 16_000, control },
      { codec: 'aac', payloadType: 97, clockRate: 8000, control },
    ]);
    expect(sessionControl(parseSdp(cameras.dahua), base)).toBe(base);
  });

  test('a Reolink doorbell: with what made it', () => {
    expect(offer(cameras.reolink)).toEqual([{ codec: 'pcm_alaw', payloadType: 8, clockRate: 8000, control: `${base}track3` }]);
    expect(backchannelOf(parseSdp(cameras.reolink), base)?.tool).toBe('BC Streaming Media v202210012022.10.01');
  });

  test('the example of ONVIF: a fixed payload type without rtpmap, and AAC with its configuration', () => {
    const control = 'rtsp://192.0.2.1/audioback';
    expect(offer(cameras.onvifExample)).toEqual([
      { codec: 'pcm_mulaw', payloadType: 0, clockRate: 8000, control },
      { codec: 'g726', payloadType: 97, clockRate: 8000, control },
      { codec: 'aac', payloadType: 98, clockRate: 16_000, control, config: '1408' },
    ]);
  });

  test.each([
    ['Tapo, which gives no directions', cameras.tapo],
    ['an older Reolink', cameras.reolinkWithout],
    ['a camera that says sendonly of what it sends itself', cameras.ownSide],
    ['a picture without sound', 'v=0\r\nm=video 0 RTP/AVP 96\r\na=recvonly\r\n'],
    ['a direction of the session', 'v=0\r\na=sendonly\r\nm=audio 0 RTP/AVP 0\r\n'],
    ['nothing', ''],
  ])('is not there: %s', (_what, sdp) => {
    expect(backchannelOf(parseSdp(sdp), base)).toBeUndefined();
  });

  test('two sections, one for each format', () => {
    const sdp = 'm=audio 0 RTP/AVP 0\na=sendonly\na=control:a\nm=audio 0 RTP/AVP 8\na=control:b\na=sendonly\n';
    expect(offer(sdp).map(({ codec, control }) => [codec, control])).toEqual([['pcm_mulaw', `${base}a`], ['pcm_alaw', `${base}b`]]);
  });
});

test('payload types beyond seven bits are none', () => {
  expect(offer('m=audio 0 RTP/AVP 300 128 127 8\na=rtpmap:300 PCMU/8000\na=rtpmap:128 PCMU/8000\na=rtpmap:127 PCMU/8000\na=sendonly\n').map(({ payloadType }) => payloadType)).toEqual([127, 8]);
});

test('a description of very many formats and sections is read at once, and only as far as a camera could mean it', () => {
  const beganMs = performance.now();
  const types = Array.from({ length: 30_000 }, (_, index) => 96 + (index % 32));
  const formats = `m=audio 0 RTP/AVP ${types.join(' ')}\na=sendonly\n${types.slice(0, 10_000).map((type) => `a=fmtp:${type} x=y\n`).join('')}`;
  expect(parseSdp(formats).media.map((section) => section.formats.length)).toEqual([32]);
  const sections = parseSdp(`a=tool:x\n${'m=audio 0 RTP/AVP 0\na=sendonly\n'.repeat(10_000)}a=control:last\n`);
  expect(sections.media).toHaveLength(32);
  expect(sections.media.at(-1)?.control).toBeUndefined();
  expect(performance.now() - beganMs).toBeLessThan(2_000);
});

const picture = 'm=video 0 RTP/AVP 96\n';

test.each<[string, string, Microphone]>([
  ['Hikvision', cameras.hikvision, { kind: 'offered', codecs: ['pcm_mulaw'] }],
  ['Dahua and Amcrest', cameras.dahua, { kind: 'offered', codecs: ['aac'] }],
  ['a Reolink doorbell', cameras.reolink, { kind: 'offered', codecs: ['aac'] }],
  ['Tapo, which gives no directions', cameras.tapo, { kind: 'offered', codecs: ['pcm_alaw'] }],
  ['a camera that says sendonly of what it sends itself', cameras.ownSide, { kind: 'offered', codecs: ['pcm_mulaw'] }],
  ['the example of ONVIF', cameras.onvifExample, { kind: 'offered', codecs: ['pcm_mulaw'] }],
  ['both ways in one section', `${picture}m=audio 0 RTP/AVP 8\na=sendrecv\n`, { kind: 'offered', codecs: ['pcm_alaw'] }],
  ['a direction of the session', `a=sendonly\n${picture}m=audio 0 RTP/AVP 0\n`, { kind: 'offered', codecs: ['pcm_mulaw'] }],
  ['Opus, and G.726', `${picture}m=audio 0 RTP/AVP 98 99\na=rtpmap:98 opus/48000/2\na=rtpmap:99 G726-32/8000\n`, { kind: 'offered', codecs: ['opus', 'g726'] }],
  ['a format that nothing names', `${picture}m=audio 0 RTP/AVP 113\n`, { kind: 'offered', codecs: ['unknown'] }],
  ['a speaker alone', `${picture}a=recvonly\nm=audio 0 RTP/AVP 0\na=sendonly\n`, { kind: 'none' }],
  ['a microphone that is switched off', `${picture}m=audio 0 RTP/AVP 0\na=inactive\n`, { kind: 'none' }],
  ['a picture alone', picture, { kind: 'none' }],
  ['metadata beside the picture', `${picture}m=application 0 RTP/AVP 107\n`, { kind: 'none' }],
  ['no picture, which is no description of a camera', 'm=audio 0 RTP/AVP 0\na=sendonly\n', { kind: 'unknown' }],
  ['nothing', '', { kind: 'unknown' }],
])('the microphone of %s', (_what, sdp, microphone) => {
  expect(microphoneOf(parseSdp(sdp))).toEqual(microphone);
});

test.each([
  ['no mode', 'sizelength=13;indexlength=3;config=1408'],
  ['other sizes', 'mode=AAC-lbr;sizelength=6;indexlength=2;config=1408'],
  ['no hex', 'mode=AAC-hbr;sizelength=13;indexlength=3;config=xyz'],
  ['half a byte', 'mode=AAC-hbr;sizelength=13;indexlength=3;config=140'],
  ['a sampling rate that there is not', 'mode=AAC-hbr;sizelength=13;indexlength=3;config=1700'],
  ['far too much', `mode=AAC-hbr;sizelength=13;indexlength=3;config=${'14'.repeat(200)}`],
])('AAC whose frames cannot be packed as it says has no configuration: %s', (_what, fmtp) => {
  expect(offer(`m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/16000\na=fmtp:97 ${fmtp}\na=sendonly\n`)).toEqual([{ codec: 'aac', payloadType: 97, clockRate: 16_000, control: base }]);
});

test.each([
  [undefined, 'rtsp://c/s/', 'rtsp://c/s/'],
  ['*', 'rtsp://c/s', 'rtsp://c/s'],
  ['trackID=1', 'rtsp://c/s', 'rtsp://c/s/trackID=1'],
  ['trackID=1', 'rtsp://c/s/', 'rtsp://c/s/trackID=1'],
  ['/trackID=1', 'rtsp://c/s/', 'rtsp://c/s/trackID=1'],
  ['audio back', 'rtsp://c/s', 'rtsp://c/s/audio%20back'],
  ['rtsp://d/t', 'rtsp://c/s', 'rtsp://d/t'],
  ['RTSPS://d/t', 'rtsp://c/s', 'RTSPS://d/t'],
])('the control %j of %s is %s', (control, of, address) => {
  expect(resolveControl(control, of)).toBe(address);
});

test.each([
  [['rtsp://c/base/', 'rtsp://c/location'], 'rtsp://c/base/'],
  [[undefined, 'rtsp://c/location'], 'rtsp://c/location'],
  [[undefined, undefined], 'rtsp://c/asked'],
  [['', '/relative'], 'rtsp://c/asked'],
  [['rtsp://rtsp://c:554/s/', undefined], 'rtsp://c:554/s/'],
])('the base where the camera says %j is %s', (said, expected) => {
  expect(controlBase(said, 'rtsp://c/asked')).toBe(expected);
});

test('no description is too broken to be read', () => {
  const random = seededRandom(11);
  const all = Object.values(cameras);
  for (let round = 0; round < 2_000; round++) {
    const bytes = Buffer.from(round % 5 === 0 ? randomBytes(random, below(random, 500)) : (all[below(random, all.length)] ?? ''));
    for (let damage = below(random, 12); damage > 0 && bytes.length > 0; damage--) {
      bytes[below(random, bytes.length)] = below(random, 256);
    }
    const found = backchannelOf(parseSdp(bytes.toString('utf8')), base);
    expect((found?.formats ?? []).every(({ clockRate, control }) => Number.isFinite(clockRate) && !/\s/.test(control))).toBe(true);
  }
});
