import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { CameraEvents } from '../../src/events/camera-events.js';
import { HttpTriggers, type HttpTriggersOptions, type TriggeredCamera } from '../../src/triggers/http/http-triggers.js';
import { below, seededRandom } from '../support/seeded-random.js';

const token = 'not-for-everybody';
const bearer = { Authorization: `Bearer ${token}` };
const soon = { headersWithinMs: 300, requestWithinMs: 500 };

interface Asked {
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

async function until(reached: () => boolean, ms = 10_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!reached()) {
    if (performance.now() > deadline) {
      throw new Error(`Not reached in ${ms} ms.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Three cameras behind a real server: a doorbell, one that only sees, and one that only rings. */
function started(options: Partial<HttpTriggersOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const happened: string[] = [];
  let aheadMs = 0;
  const camera = (key: string, name: string, abilities: Pick<TriggeredCamera, 'doorbell' | 'reportsMotion'>): TriggeredCamera => {
    const events = new CameraEvents({ motionTimeoutMs: 60_000, onMistake: (error) => lines.push(String(error)) });
    events.listen((event) => happened.push(event.kind === 'motion' ? `${key} motion ${event.on ? 'on' : 'off'} by ${event.by}` : `${key} rings by ${event.by}`));
    return { key, name, events, ...abilities };
  };
  const cameras = [
    camera('front-door', 'Front Door', { doorbell: true, reportsMotion: true }),
    camera('garden', 'Gärten & Höfe 🌳', { doorbell: false, reportsMotion: true }),
    camera('gate', 'Gate', { doorbell: true, reportsMotion: false }),
  ] as const;
  const now = () => performance.now() + aheadMs;
  const triggers = new HttpTriggers({ port: 0, address: '127.0.0.1', token, oldUrls: false, cameras, pages: new Map(), log: { info: write, warn: write, error: write, debug: write }, now, ...options });
  const close = async () => {
    await triggers[Symbol.asyncDispose]();
    for (const { events } of cameras) {
      events[Symbol.dispose]();
    }
  };
  return { triggers, cameras, lines, happened, later: (ms: number) => (aheadMs += ms), [Symbol.asyncDispose]: close };
}

async function opened(options: Partial<HttpTriggersOptions> = {}) {
  const it = started(options);
  await until(() => it.triggers.port !== undefined);
  const port = it.triggers.port ?? 0;
  const ask = async (method: string, path: string, { headers = {}, body }: Asked = {}) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const text = Buffer.concat(await response.toArray() as Buffer[]).toString();
    return { status: response.statusCode, headers: response.headers, text, json: text.startsWith('{') ? (JSON.parse(text) as unknown) : undefined };
  };
  /** Sends bytes as they are, and resolves with all that comes back and after how long the connection was closed. */
  const raw = async (text: string) => {
    const socket = connect(port, '127.0.0.1');
    const sinceMs = performance.now();
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    return { answer, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]), afterMs: performance.now() - sinceMs };
  };
  return { ...it, port, ask, raw };
}

describe('what is reported reaches the camera', () => {
  const front = { ok: true, camera: 'Front Door' };
  test.each<[string, string, number, object, string[]]>([
    ['POST', '/cameras/front-door/motion', 200, { ...front, motion: true }, ['front-door motion on by http']],
    ['GET', '/cameras/front-door/motion', 200, { ...front, motion: true }, ['front-door motion on by http']],
    ['POST', '/cameras/front-door/motion/reset', 200, { ...front, motion: false }, []],
    ['GET', '/cameras/front-door/motion/reset', 200, { ...front, motion: false }, []],
    ['POST', '/cameras/front-door/doorbell', 200, { ...front, doorbell: true }, ['front-door rings by http']],
    ['GET', '/cameras/front-door/doorbell', 200, { ...front, doorbell: true }, ['front-door rings by http']],
    ['POST', '/cameras/FRONT%20DOOR/motion', 200, { ...front, motion: true }, ['front-door motion on by http']],
    ['POST', '/cameras/g%C3%A4rten%20%26%20h%C3%B6fe%20%F0%9F%8C%B3/motion', 200, { ok: true, camera: 'Gärten & Höfe 🌳', motion: true }, ['garden motion on by http']],
    ['PUT', '/cameras/front-door/motion', 405, { ok: false, error: 'Use POST or GET.' }, []],
    ['DELETE', '/cameras/front-door/doorbell', 405, { ok: false }, []],
    ['OPTIONS', '/cameras/front-door/doorbell', 405, { ok: false }, []],
    ['POST', '/cameras/garden/doorbell', 409, { ok: false, error: 'This camera is not a doorbell (its option "doorbell" is off).' }, []],
    ['POST', '/cameras/gate/motion', 409, { ok: false }, []],
    ['POST', '/cameras/gate/motion/reset', 409, { ok: false }, []],
    ['POST', '/cameras/attic/motion', 404, { ok: false, error: 'No camera has this name.', cameras: ['front-door', 'garden', 'gate'] }, []],
    ['POST', '/cameras/front-door', 404, { ok: false, error: 'There is nothing under this address.' }, []],
    ['POST', '/cameras/front-door/motion/on', 404, { ok: false }, []],
    ['POST', '/cameras/front-door/constructor', 404, { ok: false }, []],
    ['GET', '/', 404, { ok: false }, []],
    ['GET', '/cameras/../cameras/front-door/motion', 404, { ok: false }, []],
    ['GET', '/cameras/%zz/motion', 404, { ok: false }, []],
    ['GET', '/motion?Front%20Door', 404, { ok: false }, []],
  ])('%s %s: %i', async (method, path, status, json, happened) => {
    await using it = await opened();
    const answer = await it.ask(method, path, { headers: bearer });
    expect(answer).toMatchObject({ status, json });
    expect(it.happened).toEqual(happened);
    expect(answer.headers.allow).toBe(status === 405 ? 'GET, POST' : undefined);
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('motion goes on while it is reported, ends when that is said, and a trembling finger rings once', async () => {
    await using it = await opened();
    const [door] = it.cameras;
    const report = async (what: string) => (await it.ask('POST', `/cameras/front-door/${what}`, { headers: bearer })).json;
    await report('motion');
    await report('motion');
    expect(await report('motion/reset')).toMatchObject({ motion: false });
    expect(await report('doorbell')).toMatchObject({ doorbell: true });
    expect(await report('doorbell')).toMatchObject({ ok: true, doorbell: false });
    door.events.motionBegun('pictures');
    expect(await report('motion/reset')).toMatchObject({ motion: true });
    expect(it.happened).toEqual(['front-door motion on by http', 'front-door motion off by http', 'front-door rings by http', 'front-door motion on by pictures']);
  });

  test('devices that know no Host header, write the whole address into the first line or speak HTTP/1.0 are understood', async () => {
    await using it = await opened();
    const first = await it.raw(`GET http://homebridge.local/cameras/front-door/motion?token=${token} HTTP/1.0\r\n\r\n`);
    const second = await it.raw(`GET //cameras/gate/doorbell/?token=${token} HTTP/1.1\r\nConnection: close\r\n\r\n`);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(it.happened).toEqual(['front-door motion on by http', 'gate rings by http']);
  });
});

describe('who does not know the token does nothing and learns nothing', () => {
  const path = '/cameras/front-door/doorbell';
  test.each<[string, string, Record<string, string>]>([
    ['none', path, {}],
    ['a wrong one', path, { Authorization: 'Bearer not-for-everybodx' }],
    ['a part of it', `${path}?token=${token.slice(0, -1)}`, {}],
    ['more than it', `${path}?token=${token}1`, {}],
    ['another scheme', path, { Authorization: `Basic ${token}` }],
    ['in another place', path, { 'X-Token': token, Cookie: `token=${token}` }],
    ['for an unknown camera', '/cameras/attic/motion', {}],
    ['for an unknown path', '/', {}],
    ['for no address at all', '/%', {}],
    ['for the addresses of homebridge-camera-ffmpeg', '/doorbell?Front%20Door', {}],
  ])('%s', async (_what, target, headers) => {
    await using it = await opened();
    const answer = await it.ask('POST', target, { headers });
    expect(answer).toMatchObject({ status: 401, json: { ok: false, error: 'The token is wrong or missing.' }, headers: { 'www-authenticate': 'Bearer' } });
    expect(it.happened).toEqual([]);
    expect(JSON.stringify(answer.json)).not.toMatch(/front|garden|gate/i);
  });

  test('the token in the address is as good as in the header, and neither reaches the log', async () => {
    await using it = await opened();
    expect((await it.ask('GET', `${path}?token=${token}`)).status).toBe(200);
    expect((await it.ask('GET', `${path}?x=1&token=${encodeURIComponent(token)}`, { headers: { Authorization: 'Bearer not-for-everybodx' } })).status).toBe(200);
    await it.ask('GET', `${path}?token=nearly-right`);
    expect(it.lines.filter((line) => line.includes('[http-wrong-token]'))).toEqual([expect.stringMatching(/^HTTP: .*\(from 127\.0\.0\.1\)\. If /)]);
    expect(it.lines.join('\n')).not.toMatch(/not-for-everybod|nearly-right|token=/);
    expect(it.lines[0]).toBe(`HTTP: listening at 127.0.0.1:${it.port}, for example: POST http://127.0.0.1:${it.port}/cameras/front-door/motion with the header "Authorization: Bearer" and the token.`);
  });

  test('ten wrong tokens, and nothing is taken from there for a minute; it is told once in ten minutes', async () => {
    await using it = await opened({ limits: { requests: { most: 1_000, withinMs: 1_000 } } });
    const told = () => it.lines.filter((line) => line.includes('[http-wrong-token]')).length;
    const statuses = await Promise.all(Array.from({ length: 15 }, async () => (await it.ask('POST', `${path}?token=wrong`)).status));
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
    expect(await it.ask('POST', path, { headers: bearer })).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    it.later(60_000);
    expect((await it.ask('POST', path, { headers: bearer })).status).toBe(200);
    expect((await it.ask('POST', path)).status).toBe(401);
    expect(told()).toBe(1);
    it.later(10 * 60_000);
    await it.ask('POST', path);
    expect(told()).toBe(2);
  });
});

test('the line in the log names an address that others can use', async () => {
  await using it = await opened({ address: '0.0.0.0' });
  expect(it.lines[0]).toContain(`listening at 0.0.0.0:${it.port}, for example: POST http://<this machine>:${it.port}/cameras/front-door/motion with`);
});

describe('pages are to be read', () => {
  let written = 0;
  const pages: HttpTriggersOptions['pages'] = new Map([
    ['status', { type: 'application/json; charset=utf-8', body: () => `{"written":${(written += 1)}}\n` }],
    ['metrics', { type: 'text/plain; version=0.0.4; charset=utf-8', body: () => 'camera_hub_info 1\n' }],
  ]);

  test.each([
    ['GET', '/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8', 'camera_hub_info 1\n'],
    ['GET', '/metrics/?x=1', 200, 'text/plain; version=0.0.4; charset=utf-8', 'camera_hub_info 1\n'],
    ['POST', '/metrics', 405, 'application/json; charset=utf-8', '{"ok":false,"error":"Use GET."}\n'],
    ['GET', '/metrics/more', 404, 'application/json; charset=utf-8', expect.stringContaining('"/cameras/<camera>/doorbell","/status","/metrics"]')],
  ])('%s %s: %i', async (method, path, status, type, text) => {
    await using it = await opened({ pages });
    expect(await it.ask(method, path, { headers: bearer })).toMatchObject({ status, text, headers: { 'content-type': type, 'cache-control': 'no-store' } });
    expect(it.happened).toEqual([]);
  });

  test('anew each time, by who has the token, and not by those who have not', async () => {
    await using it = await opened({ pages, oldUrls: true });
    const before = written;
    expect((await it.ask('GET', '/status', { headers: bearer })).json).toEqual({ written: before + 1 });
    expect((await it.ask('GET', `/status?token=${token}`)).json).toEqual({ written: before + 2 });
    expect(await it.ask('GET', '/status')).toMatchObject({ status: 401, json: { ok: false } });
    expect(await it.ask('GET', '/status', { headers: { Authorization: 'Bearer wrong' } })).toMatchObject({ status: 401 });
    expect(written).toBe(before + 2);
    expect(it.lines[0]).toContain(' To be read with the same header: /status and /metrics.');
  });

  test('as any address, without a large body', async () => {
    await using it = await opened({ pages });
    expect((await it.ask('GET', '/metrics', { headers: { ...bearer, 'Content-Length': '9000' }, body: 'x'.repeat(9_000) })).status).toBe(413);
    expect((await it.ask('GET', '/metrics', { headers: { ...bearer, 'Content-Length': '1' }, body: 'x' })).status).toBe(200);
  });
});

test('a client that asks without pause is refused after twenty requests, and served again ten seconds later', async () => {
  await using it = await opened();
  const ask = async () => it.ask('POST', '/cameras/front-door/motion', { headers: bearer });
  const answers = [];
  for (let times = 0; times < 25; times++) {
    answers.push(await ask());
  }
  expect(answers.map(({ status }) => status)).toEqual([...Array<number>(20).fill(200), ...Array<number>(5).fill(429)]);
  expect(answers.at(-1)).toMatchObject({ headers: { 'retry-after': '10' }, json: { ok: false, error: 'Too many requests.' } });
  it.later(10_000);
  expect((await ask()).status).toBe(200);
});

describe('a body is not needed, and a large one is refused without being read', () => {
  const head = (more: string) => `POST /cameras/front-door/doorbell?token=${token} HTTP/1.1\r\n${more}\r\n`;
  const kib9 = 'x'.repeat(9 * 1024);
  test.each([
    ['announced', head('Content-Length: 1000000000\r\n')],
    ['announced, with the question whether it may be sent', head('Expect: 100-continue\r\nContent-Length: 8193\r\n')],
    ['in pieces without end', head('Transfer-Encoding: chunked\r\n') + `2400\r\n${kib9}\r\n`.repeat(20)],
  ])('%s', async (_how, text) => {
    await using it = await opened();
    const { answer, status, afterMs } = await it.raw(text);
    expect(status).toBe(413);
    expect(answer).toContain('"ok":false');
    expect(answer).not.toContain('100 Continue');
    expect(afterMs).toBeLessThan(2_000);
    expect(it.happened).toEqual([]);
  });

  test.each<[string, string]>([
    ['an XML message of a camera', head('Connection: close\r\nContent-Type: application/xml\r\nContent-Length: 8192\r\n') + 'x'.repeat(8_192)],
    ['a body in pieces', head('Connection: close\r\nTransfer-Encoding: chunked\r\n') + '3\r\nabc\r\n0\r\n\r\n'],
  ])('%s is read past', async (_what, text) => {
    await using it = await opened();
    expect((await it.raw(text)).status).toBe(200);
    expect(it.happened).toEqual(['front-door rings by http']);
  });

  test('who asks before sending a body of good size may send it', async () => {
    await using it = await opened();
    const { answer } = await it.raw(`${head('Connection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n')}abc`);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  test('who has no token cannot make anything be read', async () => {
    await using it = await opened();
    expect(await it.raw('POST /cameras/front-door/doorbell HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\nabc')).toMatchObject({ status: 401 });
  });
});

describe('who takes all the time in the world holds up nobody', () => {
  test.concurrent.each([
    ['says nothing', '', 408],
    ['never ends the headers', `POST /cameras/front-door/doorbell?token=${token} HTTP/1.1\r\nX-Slow: `, 408],
    ['never ends the body', `POST /cameras/front-door/doorbell?token=${token} HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc`, 408],
    ['keeps the connection', `POST /cameras/front-door/motion/reset?token=${token} HTTP/1.1\r\n\r\n`, 200],
  ])('who %s is put out', async (_how, text, status) => {
    await using it = await opened({ limits: { ...soon, keptMs: 300 } });
    const closed = await it.raw(text);
    expect(closed.status).toBe(status);
    expect(closed.afterMs).toBeLessThan(5_000);
    expect(it.happened).toEqual([]);
  });

  test('one client has no more than its share of the connections', async () => {
    await using it = await opened({ limits: { connectionsPerClient: 3 } });
    let closed = 0;
    const sockets = Array.from({ length: 20 }, () => connect(it.port, '127.0.0.1').on('error', () => undefined).on('close', () => (closed += 1)));
    await until(() => closed === 17);
    sockets.forEach((socket) => socket.destroy());
    await until(() => closed === 20);
    for (let times = 0; times < 5; times++) {
      expect((await it.ask('POST', '/cameras/front-door/motion', { headers: bearer })).status).toBe(200);
    }
  });
});

describe('the addresses of homebridge-camera-ffmpeg', () => {
  const name = 'g%C3%A4rten%20%26%20H%C3%B6fe%20%F0%9F%8C%B3';
  test.each<[string, string, number, object, string[]]>([
    ['GET', '/motion?Front%20Door', 200, { error: false, message: 'Front Door: motion is on.', cooldownActive: false }, ['front-door motion on by http']],
    ['POST', '/motion?front+door', 200, { error: false }, ['front-door motion on by http']],
    ['HEAD', '/motion?Front%20Door', 200, {}, ['front-door motion on by http']],
    ['GET', '/motion?Front%20Door=', 200, { error: false }, ['front-door motion on by http']],
    ['GET', `/motion/?${name}`, 200, { error: false }, ['garden motion on by http']],
    ['GET', '/motion/reset?Front%20Door', 200, { error: false, message: 'Front Door: motion is off.' }, []],
    ['GET', '/doorbell?Front%20Door', 200, { error: false, message: 'Front Door: the doorbell rings.' }, ['front-door rings by http']],
    ['GET', '/doorbell?Attic', 500, { error: true, message: 'No camera has this name.' }, []],
    ['GET', '/doorbell', 500, { error: true }, []],
    ['GET', '/motion?%zz', 500, { error: true }, []],
    ['GET', `/doorbell?${name}`, 500, { error: true, message: 'This camera is not a doorbell (its option "doorbell" is off).' }, []],
    ['GET', '/motion?Gate', 500, { error: true }, []],
    ['GET', '/motion/off?Front%20Door', 401, { ok: false }, []],
    ['POST', '/cameras/front-door/motion', 401, { ok: false }, []],
  ])('%s %s: %i', async (method, path, status, json, happened) => {
    await using it = await opened({ oldUrls: true });
    const answer = await it.ask(method, path);
    expect(answer.status).toBe(status);
    expect(answer.json ?? {}).toMatchObject(json);
    expect(it.happened).toEqual(happened);
    expect(it.lines[0]).toContain('The addresses of homebridge-camera-ffmpeg are taken too, without a token.');
  });

  test('say that motion was on already, are limited like the others, and need no token where wrong ones were given', async () => {
    await using it = await opened({ oldUrls: true, limits: { wrongTokens: { most: 1, withinMs: 60_000 } } });
    await it.ask('GET', '/?token=wrong');
    await it.ask('GET', '/motion?Front%20Door');
    expect((await it.ask('GET', '/motion?Front%20Door')).json).toMatchObject({ error: false, cooldownActive: true });
    const statuses = [];
    for (let times = 0; times < 20; times++) {
      statuses.push((await it.ask('GET', '/motion?Front%20Door')).status);
    }
    expect(statuses).toEqual([...Array<number>(17).fill(200), ...Array<number>(3).fill(429)]);
    expect((await it.ask('GET', '/motion?Front%20Door')).json).toEqual({ error: true, message: 'Too many requests.' });
  });
});

describe('a port that cannot be had', () => {
  test.concurrent('in use: said once, tried again, and said when it is open', async () => {
    await using other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await using it = started({ port });
    await until(() => it.lines.length > 0);
    expect(it.lines).toEqual([expect.stringMatching(new RegExp(`^HTTP: the port for HTTP is in use by another program.* \\(127\\.0\\.0\\.1:${port}\\)\\. .*\\[http-port-in-use\\]$`))]);
    expect(it.triggers.port).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // Past the first try after it, which is not told again.
    expect(it.lines).toHaveLength(1);
    await other[Symbol.asyncDispose]();
    await until(() => it.triggers.port === port);
    await until(() => it.lines.length === 3);
    expect(it.lines[1]).toMatch(/^HTTP: the port is open after \d+ s\.$/);
    expect(it.lines[2]).toMatch(/^HTTP: listening at /);
  });

  test.concurrent('of two with the same port the second waits for the first', async () => {
    await using first = await opened();
    await using second = started({ port: first.port });
    await until(() => second.lines.length > 0);
    expect(second.lines[0]).toContain('[http-port-in-use]');
    expect((await first.ask('POST', '/cameras/gate/doorbell', { headers: bearer })).status).toBe(200);
    await first[Symbol.asyncDispose]();
    await until(() => second.triggers.port === first.port);
    expect((await first.ask('POST', '/cameras/gate/doorbell', { headers: bearer })).status).toBe(200);
    expect(second.happened).toEqual(['gate rings by http']);
  });

  test.each([
    ['192.0.2.1', 8582, /\(192\.0\.2\.1:8582: this machine does not have this address\)/],
    ['nowhere.invalid', 8582, /\(nowhere\.invalid:8582: .+\)/],
    ['127.0.0.1', 70_000, /\(127\.0\.0\.1:70000: .+\)/],
  ])('%s:%i is told, and nothing else happens', async (address, port, why) => {
    await using it = started({ address, port });
    await until(() => it.lines.length > 0);
    expect(it.lines).toEqual([expect.stringMatching(why)]);
    expect(it.lines[0]).toContain('[http-unusable]');
  });
});

describe('the end', () => {
  test('closes everything at once, and what was half sent does nothing', async () => {
    const it = await opened();
    const ends = [
      it.raw(''),
      it.raw(`POST /cameras/front-door/doorbell?token=${token} HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc`),
      it.raw(`POST /cameras/front-door/motion/reset?token=${token} HTTP/1.1\r\n\r\n`),
    ];
    await until(() => it.lines.some((line) => line.startsWith('Front Door:')));
    const sinceMs = performance.now();
    await it[Symbol.asyncDispose]();
    await Promise.all(ends);
    expect(performance.now() - sinceMs).toBeLessThan(1_000);
    expect(it.happened).toEqual([]);
    await expect(it.ask('GET', '/')).rejects.toThrow('ECONNREFUSED');
  });

  test.each([
    ['right after the beginning', '127.0.0.1'],
    ['while the name of the address is looked up', 'localhost'],
  ])('%s leaves nothing open', async (_when, address) => {
    const it = started({ address });
    await it[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(it.triggers.port).toBeUndefined();
    expect(it.lines).toEqual([]);
  });

  test.concurrent('while the port is in use ends the tries', async () => {
    await using first = await opened();
    await using second = started({ port: first.port });
    await until(() => second.lines.length > 0);
    await second[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(second.triggers.port).toBeUndefined();
    expect(second.lines).toHaveLength(1);
  });
});

test('whatever is sent, nothing happens at a camera and the server goes on', async () => {
  const generous = { most: 1_000_000, withinMs: 1_000 };
  await using it = await opened({ oldUrls: true, limits: { ...soon, requests: generous, wrongTokens: generous, connectionsPerClient: 64 } });
  const random = seededRandom(8);
  const pieces = ['GET ', 'POST ', 'BREW ', '/', '/cameras/', 'front-door', '/motion', '/doorbell', '?', 'token=', 'Front%20Doo', '%', '%00', '..', '//', ' HTTP/1.1', ' HTTP/9', '\r\n', '\r\n\r\n', 'Content-Length: -1', 'Content-Length: 9', 'Transfer-Encoding: chunked', 'Upgrade: h2c', 'Authorization: Bearer ', 'Host: ', ': ', '\0', '\xff\xfe', 'ü', 'a'.repeat(3_000)];
  const answers = [];
  for (let round = 0; round < 15; round++) {
    const texts = Array.from({ length: 20 }, () => `${below(random, 2) === 0 ? 'GET /' : ''}${Array.from({ length: below(random, 14) }, () => pieces[below(random, pieces.length)]).join('')}${below(random, 2) === 0 ? ' HTTP/1.1\r\nConnection: close\r\n\r\n' : '\r\n\r\n'}`);
    answers.push(...await Promise.all(texts.map((text) => it.raw(text))));
  }
  expect(it.happened).toEqual([]);
  const statuses = new Set(answers.map(({ status }) => status));
  for (const status of [400, 401, 500]) {
    expect(statuses).toContain(status);
  }
  expect(statuses).not.toContain(200);
  expect((await it.ask('POST', '/cameras/gate/doorbell', { headers: bearer })).status).toBe(200);
}, 60_000);
