import { expect, test } from '@jest/globals';
import type { BackchannelFormat } from '../../../src/media/sdp.js';
import { backchannelOf, parseSdp } from '../../../src/media/sdp.js';
import { chooseTalkFormat } from '../../../src/policy/talk-format.js';
import * as cameras from '../media/sdp-of-cameras.js';

const format = (codec: string, more: Partial<BackchannelFormat> = {}): BackchannelFormat => ({ codec, payloadType: 96, clockRate: 8000, channels: 1, config: undefined, control: 'c', ...more });
const aac = (first: number, more: Partial<BackchannelFormat> = {}): BackchannelFormat => format('aac', { clockRate: 16_000, config: Uint8Array.of(first, 0x08), ...more });

test.each<[string, readonly BackchannelFormat[], object | undefined]>([
  ['mu-law', [format('pcm_alaw'), format('pcm_mulaw')], { codec: 'pcm_mulaw', packetSamples: 160, markEach: false }],
  ['A-law', [aac(0x14), format('pcm_alaw')], { codec: 'pcm_alaw', packetSamples: 160, markEach: false }],
  ['A-law, where mu-law is too fast', [format('pcm_mulaw', { clockRate: 16_000 }), format('pcm_alaw')], { codec: 'pcm_alaw' }],
  ['AAC-LC', [format('g726'), aac(0x14)], { codec: 'aac', packetSamples: 1024, markEach: true }],
  ['not AAC without a configuration', [format('aac')], undefined],
  ['not HE-AAC', [aac(0x2b)], undefined],
  ['AAC-LC at 8000 Hz', [aac(0x14, { clockRate: 8_000 })], { codec: 'aac' }],
  ['AAC-LC at 48000 Hz', [aac(0x14, { clockRate: 48_000 })], { codec: 'aac' }],
  ['not AAC at no rate', [aac(0x14, { clockRate: 0 })], undefined],
  ['not AAC at 8 MHz', [aac(0x14, { clockRate: 8_000_000 })], undefined],
  ['not six channels', [aac(0x14, { channels: 6 })], undefined],
  ['not stereo G.711', [format('pcm_mulaw', { channels: 2 })], undefined],
  ['nothing', [], undefined],
])('%s', (_what, formats, expected) => {
  const choice = chooseTalkFormat({ formats, tool: undefined });
  expect(choice).toMatchObject(expected ? { kind: 'chosen', format: expected } : { kind: 'unsupported' });
});

test('what is offered in vain is named', () => {
  expect(chooseTalkFormat({ formats: [format('g726'), format('aac', { clockRate: 48_000, channels: 2 }), format('vnd.other', { clockRate: 0 })], tool: undefined }).because).toBe(
    'it offers only g726 at 8000 Hz, aac at 48000 Hz with 2 channels without a configuration, vnd.other; needed is G.711 at 8000 Hz mono, or AAC-LC at 8000 to 48000 Hz whose configuration it tells',
  );
  expect(chooseTalkFormat({ formats: Array.from({ length: 1_000 }, () => format('x'.repeat(1_000))), tool: undefined }).because).toMatch(/^it offers only (?:x{30} at 8000 Hz, ){7}x{30} at 8000 Hz and 992 more;/);
  expect(chooseTalkFormat({ formats: [], tool: undefined }).because).toMatch(/^it offers no format;/);
});

test.each([
  ['hikvision', { codec: 'pcm_mulaw', payloadType: 0, packetSamples: 160 }],
  ['dahua', { codec: 'pcm_mulaw', payloadType: 0, packetSamples: 160 }],
  ['reolink', { codec: 'pcm_alaw', payloadType: 8, packetSamples: 1024, markEach: true }],
  ['onvifExample', { codec: 'pcm_mulaw', payloadType: 0, packetSamples: 160 }],
] as const)('a camera like %s', (name, expected) => {
  const offer = backchannelOf(parseSdp(cameras[name]), 'rtsp://camera/');
  expect(offer && chooseTalkFormat(offer)).toMatchObject({ kind: 'chosen', format: expected });
});
