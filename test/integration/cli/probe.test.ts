import { expect, test } from '@jest/globals';
import { startCamera, type CameraSettings } from '../../support/camera/rtsp-camera.js';
import { jsonWithoutMeasures, probe, withoutMeasures } from '../../support/command-line.js';
import { expectGolden } from '../../support/golden.js';
import { ffmpegPath, smallFootage } from '../../support/house.js';

const login = { method: 'digest', user: 'gate keeper', password: 'p@ss/w:rd#1' } as const;

/** A camera, for as long as a test uses it. */
async function withCamera<Result>(settings: Partial<CameraSettings>, use: (camera: Awaited<ReturnType<typeof startCamera>>) => Promise<Result>): Promise<Result> {
  const camera = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  try {
    return await use(camera);
  } finally {
    await camera.close();
  }
}

test('a camera as it should be, in words', async () => {
  await withCamera({ main: { ...smallFootage, audio: 'aac32' }, speaker: { formats: ['pcm_mulaw'] } }, async (camera) => {
    const { code, out, error } = await probe([camera.url()]);
    expect({ code, error: withoutMeasures(error) }).toEqual({ code: 0, error: 'Looking at rtsp://127.0.0.1:<port>/main ...\n' });
    expectGolden('probe-good-camera.txt', withoutMeasures(out));
    // Asked once what sound it has, and connected once.
    expect(camera.statistics()).toMatchObject({ connections: { total: 2 }, playedConnections: { total: 1 } });
  });
}, 60_000);

test('a camera that costs, with a login and a sub stream: words, and nowhere the login', async () => {
  const settings: Partial<CameraSettings> = { main: { ...smallFootage, width: 1280, height: 720, bitrateKbps: 3_000, bFrames: 2, audio: 'pcmu' }, sub: { ...smallFootage, width: 320, height: 180, bitrateKbps: 150 }, authentication: login };
  await withCamera(settings, async (camera) => {
    const { code, out, error } = await probe([camera.urlWithoutCredentials(), '--substream', camera.urlWithoutCredentials('sub'), '--username', login.user], { CAMERA_HUB_PASSWORD: login.password });
    expect({ code, error: withoutMeasures(error) }).toEqual({ code: 0, error: 'Looking at rtsp://127.0.0.1:<port>/main ...\n' });
    expectGolden('probe-costly-camera.txt', withoutMeasures(out));
    expect(out + error).not.toMatch(/gate|p@ss|w:rd|p%40ss/);
    expect(camera.statistics().playing).toMatchObject({ main: { total: 1 }, sub: { total: 1 } });
  });
}, 60_000);

test('the same as JSON, with the login in the address', async () => {
  await withCamera({ main: { ...smallFootage, audio: 'pcmu' }, authentication: login, speaker: { formats: ['g726'] } }, async (camera) => {
    const { code, out, error } = await probe([camera.url(), '--json']);
    expect(code).toBe(0);
    expectGolden('probe-camera.json', jsonWithoutMeasures(out));
    expect(out + error).not.toMatch(/gate|p@ss|w:rd|p%40ss/);
  });
}, 60_000);

test('the test picture, in words and as JSON', async () => {
  const [words, json] = await Promise.all([probe(['test:640x360/15']), probe(['test:640x360/15', '--json', '--seconds', '1'])]);
  expect([words.code, json.code]).toEqual([0, 0]);
  expectGolden('probe-test-picture.txt', withoutMeasures(words.out));
  expectGolden('probe-test-picture.json', jsonWithoutMeasures(json.out));
}, 60_000);

test('a camera that is not there ends with 1, the problem and its remedy', async () => {
  const words = await probe(['rtsp://127.0.0.1:9/main']);
  expect(words).toMatchObject({ code: 1, out: '' });
  expect(words.error).toMatch(/the camera cannot be reached \(connection refused\)\. Check that[^]* \[camera-unreachable\]/);
  const json = await probe(['rtsp://127.0.0.1:9/main', '--json']);
  expect(json.code).toBe(1);
  expectGolden('probe-unreachable.json', jsonWithoutMeasures(json.out));
}, 60_000);

test('a wrong password ends with 1, and neither it nor the user is told', async () => {
  await withCamera({ authentication: login }, async (camera) => {
    const address = camera.urlWithoutCredentials();
    const ends = await Promise.all([
      probe([address, '--username', 'gate keeper', '--password', 'wr@ng/w:rd']),
      probe([address, '--username', 'gate keeper', '--json'], { CAMERA_HUB_PASSWORD: 'wr@ng/w:rd' }),
      probe([address.replace('rtsp://', 'rtsp://gate:wr%40ng@')]),
    ]);
    for (const { code, out, error } of ends) {
      expect(code).toBe(1);
      expect(out + error).toMatch(/camera-refused-login/);
      expect(out + error).not.toMatch(/gate|wr@ng|w:rd|wr%40ng/);
    }
  });
}, 60_000);

test('a sub stream that is not there is named', async () => {
  await withCamera({}, async (camera) => {
    const { code, error } = await probe([camera.url(), '--substream', 'rtsp://127.0.0.1:9/sub']);
    expect(code).toBe(1);
    expect(error).toMatch(/cannot be reached \(connection refused; sub\s+stream\)/);
  });
}, 60_000);

