import { describe, expect, test } from '@jest/globals';
import type { CameraSettings } from '../support/camera/rtsp-camera.js';
import { openCamera } from '../support/opened-camera.js';
import { smallFootage } from '../support/house.js';
import { makeSelfSigned } from '../support/mqtt/certificate.js';
import { until } from '../support/until.js';

describe('a camera that needs something of its own shows its picture all the same, and the log says why', () => {
  test.concurrent.each<[string, Partial<CameraSettings>, object, (url: string) => string, RegExp, number]>([
    ['TCP is refused', { transports: ['udp'] }, {}, (url) => url, /other of TCP and UDP/, 2],
    ['UDP is refused', { transports: ['tcp'] }, { transport: 'udp' }, (url) => url, /other of TCP and UDP/, 2],
    ['an address of UniFi Protect', { encrypted: makeSelfSigned('127.0.0.1'), unknownAddress: /enableSrtp/ }, {}, (url) => `${url}?enableSrtp`, /UniFi Protect is asked without/, 1],
    ['a microphone that is said to be a speaker', { description: { origin: 'CV-RTSPHandler', microphone: 'sendonly' } }, {}, (url) => url, /heard all the same/, 1],
    ['an address as go2rtc has it', { unknownAddress: /backchannel/ }, {}, (url) => `${url}#backchannel=0`, /meant for go2rtc/, 1],
  ])('%s', async (_name, settings, options, address, says, connections) => {
    await using it = await openCamera({ main: { ...smallFootage, audio: 'pcmu' }, ...settings }, options, address);
    using _lease = it.camera.main.lease({ holder: 'test', waitedFor: true });
    await until('pictures and sound', () => it.camera.main.packets.published > 60 && it.camera.main.audio.format !== undefined);
    expect(it.log.filter((line) => says.test(line))).toHaveLength(1);
    expect(it.log.filter((line) => line.includes('['))).toEqual([]);
    expect(it.camera.main.connections).toBe(connections);
  }, 40_000);
});
