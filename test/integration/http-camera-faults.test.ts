import type { ServerResponse } from 'node:http';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { StillImage } from '../../src/pipeline/still-image.js';
import type { Problem } from '../../src/problems.js';
import { HttpCamera } from '../support/http-camera/http-camera.js';
import { makeJpegs } from '../support/http-camera/jpegs.js';
import { usualForm, writePart } from '../support/http-camera/multipart.js';
import { openHttpCamera } from '../support/http-camera/opened-http-camera.js';
import { machinePace } from '../support/machine-pace.js';
import { openPlugin } from '../support/opened-camera.js';

let pictures: readonly Buffer[];

beforeAll(async () => {
  pictures = await makeJpegs();
}, 60_000);

describe('who asks logs in', () => {
  const login = { user: 'joe', password: 'p@ss/w%rd' };
  const inUrl = 'joe:p%40ss%2Fw%25rd';

  test.concurrent.each([
    ['Basic', { ...login, method: 'basic' }],
    ['Digest with MD5', { ...login, method: 'digest' }],
    ['Digest with MD5 and qop', { ...login, method: 'digest', qop: true }],
    ['Digest with SHA-256', { ...login, method: 'digest', algorithm: 'SHA-256', qop: true }],
  ] as const)('%s, once for a stream and once for all single pictures', async (_name, asked) => {
    for (const path of ['/mjpeg', '/jpeg']) {
      await using it = await openHttpCamera({ pictures, login: asked }, { path, login: inUrl, options: { pollRate: 10 } });
      await it.until(() => it.units.length >= 8);
      expect(it.simulated.requests.filter(({ authorized }) => !authorized)).toHaveLength(1);
      expect(it.log.join('\n')).not.toMatch(/p@ss|%40/);
    }
  }, 60_000);

  test.concurrent('a wrong password is told, once, without it', async () => {
    await using it = await openHttpCamera({ pictures, login: { ...login, method: 'digest' } }, { login: 'joe:opensesame' });
    await it.until(() => it.problem() === 'camera-refused-login');
    expect(it.simulated.requests).toHaveLength(2);
    expect(it.log.join('\n')).not.toContain('opensesame');
  }, 60_000);

  test.concurrent('the login goes along to another path of the camera, and not to another host', async () => {
    const moved = (camera: () => HttpCamera, host: string) => (_request: unknown, response: ServerResponse) =>
      void response.writeHead(302, { Location: `http://${host}:${camera().port}/mjpeg` }).end();
    const pages = { '/same': moved(() => it.simulated, '127.0.0.1'), '/other': moved(() => other, 'localhost') };
    await using other = await HttpCamera.open({ pictures, login: { ...login, method: 'basic' } });
    await using it = await openHttpCamera({ pictures, login: { ...login, method: 'basic' }, pages: { ...pages } }, { path: '/same', login: inUrl });
    await it.until(() => it.units.length >= 3);
    await using stray = await openPlugin({ source: it.simulated.url('/other', inUrl) });
    using _lease = stray.camera.main.lease({ holder: 'test' });
    await it.until(() => stray.camera.problems.outage('main')?.problem.code === 'camera-refused-login');
    expect(other.requests).toEqual([{ path: '/mjpeg', authorized: false }]);
  }, 60_000);
});

describe('what is wrong is told', () => {
  test.concurrent.each([
    [401, 'camera-refused-login'],
    [403, 'camera-refused-login'],
    [404, 'camera-stream-not-found'],
    [503, 'camera-busy'],
    [500, 'camera-http-error'],
  ] as const)('%i is %s', async (status, code) => {
    await using it = await openHttpCamera({ pictures }, { prepare: (camera) => void (camera.fault = status) });
    await it.until(() => it.problem() === code);
  }, 60_000);

  test.concurrent.each<[string, string, string]>([
    ['a camera that sends us round in circles', '/circle', 'camera-http-error'],
    ['a camera that sends us on without saying where', '/lost', 'camera-http-error'],
    ['an answer without anything in it', '/nothing', 'stream-unreadable'],
    ['a stream that breaks off before the first picture', '/cut', 'camera-closed'],
  ])('%s', async (_name, path, code) => {
    const pages: Record<string, (request: unknown, response: ServerResponse) => void> = {
      '/circle': (_, response) => response.writeHead(302, { Location: '/circle' }).end(),
      '/lost': (_, response) => response.writeHead(302).end(),
      '/nothing': (_, response) => response.writeHead(200, { 'Content-Type': 'image/jpeg' }).end(),
      '/cut': (_, response) => {
        response.writeHead(200, { 'Content-Type': usualForm.contentType });
        response.write(writePart(pictures[0]?.subarray(0, 500) ?? Buffer.alloc(0), usualForm));
        setTimeout(() => response.destroy(), 50);
      },
    };
    await using it = await openHttpCamera({ pictures, pages }, { path });
    await it.until(() => it.problem() === code);
  }, 60_000);

  test.concurrent.each([
    ['a web page', 'text/html', Buffer.from('<!DOCTYPE html><html><body>Live</body></html>'), 'a web page'],
    ['a PNG', 'image/png', Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNoAAAAggCB2kUIOwAAAABJRU5ErkJggg==', 'base64'), 'a PNG picture'],
    ['JSON', 'application/json', Buffer.from('{"error":"not here"}'), 'data in JSON'],
    ['XML', 'application/xml', Buffer.from('<?xml version="1.0"?>\n<error code="4"/>'), 'data in XML'],
  ])('%s in place of pictures: what came is said, in "source" and in "stillImage"', async (_name, type, content, words) => {
    const pages = { '/wrong': (_: unknown, response: ServerResponse) => void response.writeHead(200, { 'Content-Type': type }).end(content) };
    await using it = await openHttpCamera({ pictures, pages }, { path: '/wrong' });
    await it.until(() => it.problem() === 'camera-wrong-content');
    expect(it.camera.problems.outage('main')?.problem.detail).toBe(`it gives ${words}`);
    const told: Problem[] = [];
    using still = new StillImage(it.simulated.url('/wrong'), ({ cause }) => told.push(cause as Problem));
    expect(await still.fetch()).toBeUndefined();
    expect(told).toEqual([expect.objectContaining({ code: 'camera-wrong-content', detail: `it gives ${words}` })]);
  }, 60_000);

  test.concurrent('nobody there, and a name that nobody has', async () => {
    await using it = await openHttpCamera({ pictures }, { prepare: (camera) => camera.stop(), source: () => 'http://127.0.0.1:9/mjpeg' });
    await it.until(() => it.problem() === 'camera-unreachable');
    expect(it.log.join('\n')).toContain('connection refused');
    await using nameless = await openPlugin({ source: 'http://camera.invalid/mjpeg' });
    using _lease = nameless.camera.main.lease({ holder: 'test' });
    await it.until(() => nameless.camera.problems.outage('main')?.problem.code === 'camera-unreachable');
  }, 60_000);

  test.concurrent('a camera that takes the connection and says nothing', async () => {
    await using it = await openHttpCamera({ pictures }, { prepare: (camera) => void (camera.fault = 'hangs') });
    await it.until(() => it.problem() === 'camera-silent');
  }, 60_000);

  test.concurrent('a stream that stops: no picture is repeated for longer than ten seconds', async () => {
    await using it = await openHttpCamera({ pictures });
    await it.until(() => it.units.length >= 5);
    it.simulated.fault = 'stalls';
    const stalledMs = performance.now();
    await it.until(() => it.problem() === 'camera-silent', 30_000);
    expect(performance.now() - stalledMs).toBeGreaterThan(9_500);
    expect(performance.now() - stalledMs).toBeLessThan(12_000 * (await machinePace()));
    const before = it.units.length;
    it.simulated.fault = 'none';
    await it.until(() => it.units.length >= before + 5);
  }, 60_000);
});
