import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startAedes } from '../support/mqtt/aedes-broker.js';
import { makeSelfSigned } from '../support/mqtt/certificate.js';
import { link, startLink } from '../support/mqtt/linked-house.js';
import { OutsideWorld } from '../support/mqtt/outside-world.js';
import { accepted, startRawServer } from '../support/mqtt/raw-server.js';
import { until } from '../support/until.js';

let folder: string;
const ours = makeSelfSigned('127.0.0.1');
const files = { ours: '', empty: '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'camera-hub-mqtt-'));
  files.ours = join(folder, 'ours.pem');
  files.empty = join(folder, 'empty.pem');
  await writeFile(files.ours, ours.certificate);
  await writeFile(files.empty, 'nothing\n');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const cameras = [{ name: 'Gate', mqttMotionTopic: 'yard/pir' }];

describe('who we are', () => {
  const login = { username: 'joe', password: 'pa:s@s/w#rd' };

  test.each([
    ['in options', (port: number) => ({ mqttUrl: `mqtt://127.0.0.1:${port}`, mqttUsername: login.username, mqttPassword: login.password })],
    ['in the address', (port: number) => ({ mqttUrl: `mqtt://joe:${encodeURIComponent(login.password)}@127.0.0.1:${port}` })],
  ])('user name and password work %s, and are in no line of the log', async (_, config) => {
    await using broker = await startAedes({ login });
    await using world = await OutsideWorld.join(broker.port, login);
    await using house = await link(cameras, config(broker.port));
    await world.hears('camera-hub/status', 'online');
    await world.say('yard/pir', 'x');
    await world.hears('camera-hub/gate/motion', 'ON');
    expect(house.lines.join('\n')).not.toMatch(/joe|pa:s|w#rd|%40/);
  });

  test('a wrong password is told of once, in plain words, however often it is tried', async () => {
    await using broker = await startAedes({ login });
    await using house = startLink(cameras, { mqttUrl: `mqtt://joe:wrong-secret@127.0.0.1:${broker.port}` });
    await until('a second try', () => house.lines.filter((line) => line.includes('next try')).length === 2);
    // 1 s, doubling, less up to a fifth.
    const waitsMs = house.lines.flatMap((line) => /next try in (\d+) ms/.exec(line)?.[1] ?? []).map(Number);
    expect(waitsMs.map((ms) => Math.ceil(ms / 1000))).toEqual([1, 2]);
    const warnings = house.lines.filter((line) => line.startsWith('warn'));
    expect(warnings).toEqual([expect.stringMatching(/^warn: MQTT: the MQTT broker refused the user name or password \(127\.0\.0\.1:\d+: .*\)\. Correct "mqttUsername".* \[mqtt-refused-login\]$/)]);
    expect(house.lines.join('\n')).not.toContain('wrong-secret');
  });
});

describe('an encrypted connection', () => {
  test('is trusted by the configured certificate', async () => {
    await using broker = await startAedes({ tls: ours });
    await using world = await OutsideWorld.join(broker.port, { protocol: 'mqtts', ca: ours.certificate });
    await using house = await link(cameras, { mqttUrl: `mqtts://127.0.0.1:${broker.port}`, mqttCa: files.ours });
    await world.hears('camera-hub/status', 'online');
    expect(house.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  test('is made without checks where that is configured, then no certificate file is needed', async () => {
    await using broker = await startAedes({ tls: ours });
    await using house = await link(cameras, { mqttUrl: `mqtts://127.0.0.1:${broker.port}`, mqttVerify: false, mqttCa: join(folder, 'missing.pem') });
    expect(house.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  test.each([
    ['signed by nobody', () => ours, 'nobody who is trusted has signed it', {}],
    ['made for another name', () => makeSelfSigned('another.test'), 'it was made for another name', 'itself'],
    ['expired', () => makeSelfSigned('127.0.0.1', new Date(Date.now() - 3_600_000)), 'it has expired', 'itself'],
  ] as const)('with a certificate %s is refused, with the reason', async (_, make, reason, ca) => {
    const tls = make();
    const file = join(folder, 'other.pem');
    await writeFile(file, tls.certificate);
    await using broker = await startAedes({ tls });
    await using house = startLink(cameras, { mqttUrl: `mqtts://127.0.0.1:${broker.port}`, ...(ca === 'itself' && { mqttCa: file }) });
    await house.says('[mqtt-certificate]');
    expect(house.lines.join('\n')).toContain(reason);
  });

  test('with a certificate file that cannot be used names the file, and goes on as soon as it is mended', async () => {
    const file = join(folder, 'later.pem');
    await using broker = await startAedes({ tls: ours });
    await using house = startLink(cameras, { mqttUrl: `mqtts://127.0.0.1:${broker.port}`, mqttCa: file });
    await house.says(`(${file}: there is no such file)`);
    expect(house.lines.join('\n')).toContain('[mqtt-ca-unreadable]');
    await writeFile(file, ours.certificate);
    await house.says('connected with the broker after');
  });

  test('with a file that holds no certificate says so', async () => {
    await using broker = await startAedes({ tls: ours });
    await using house = startLink(cameras, { mqttUrl: `mqtts://127.0.0.1:${broker.port}`, mqttCa: files.empty });
    await house.says(`(${files.empty}: it holds no certificate)`);
  });
});

describe('something else than a broker', () => {
  test.each([
    ['nothing listens there', undefined, 'mqtt', 'mqtt-unreachable', 'nothing listens on this port'],
    ['it hangs up', (socket: Socket) => socket.end(), 'mqtt', 'mqtt-not-understood', 'it ended the connection at once'],
    ['it speaks HTTP', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'mqtt', 'mqtt-not-understood', ''],
    ['it is not encrypted', (socket: Socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), 'mqtts', 'mqtt-not-understood', 'no encrypted connection could be made'],
    ['it speaks no WebSocket', (socket: Socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'), 'ws', 'mqtt-not-understood', ''],
  ] as const)('is named: %s', async (_, behave, protocol, code, reason) => {
    await using server = await startRawServer((socket) => behave?.(socket));
    if (!behave) {
      await server[Symbol.asyncDispose]();
    }
    await using house = startLink(cameras, { mqttUrl: `${protocol}://127.0.0.1:${server.port}` });
    await house.says(`[${code}]`);
    expect(house.lines.find((line) => line.startsWith('warn'))).toContain(reason);
  });

  test('is named: no machine has this name', async () => {
    await using house = startLink(cameras, { mqttUrl: 'mqtt://no-such-broker.invalid' });
    await house.says('[mqtt-unreachable]');
    expect(house.lines.join('\n')).toContain('no-such-broker.invalid:1883');
  });
});

test.each([
  ['open', 'ws', undefined],
  ['encrypted', 'wss', ours],
] as const)('WebSockets work, %s', async (_, protocol, tls) => {
  await using broker = await startAedes({ webSockets: true, ...(tls && { tls }) });
  await using world = await OutsideWorld.join(broker.port, { protocol, ca: ours.certificate });
  await using house = await link(cameras, { mqttUrl: `${protocol}://127.0.0.1:${broker.port}/mqtt`, mqttCa: files.ours });
  await world.hears('camera-hub/status', 'online');
  await world.say('yard/pir', 'x');
  await world.hears('camera-hub/gate/motion', 'ON');
  expect(house.lines.filter((line) => line.startsWith('warn'))).toEqual([]);
});

test('a topic that may not be followed is named, and the others work', async () => {
  await using broker = await startAedes({ secretTopic: 'secret/pir' });
  await using world = await OutsideWorld.join(broker.port);
  const followers = [{ name: 'A', mqttMotionTopic: 'secret/pir' }, ...cameras];
  await using house = await link(followers, { mqttUrl: `mqtt://127.0.0.1:${broker.port}` });
  await house.says('does not let the plugin follow a topic (secret/pir)');
  await world.say('yard/pir', 'x');
  await world.hears('camera-hub/gate/motion', 'ON');
});

test('a broker that ends the connection before it has answered has refused no topic', async () => {
  await using server = await startRawServer((socket, messages) => (messages === 1 ? socket.write(accepted) : socket.destroy()));
  await using house = startLink(cameras, { mqttUrl: `mqtt://127.0.0.1:${server.port}` });
  await house.says('it ended the connection)');
  expect(house.lines.filter((line) => line.startsWith('warn'))).toEqual([expect.stringContaining('[mqtt-unreachable]')]);
});

test.each([
  ['while it waits for the answer of the broker', () => undefined, '', 0],
  ['though the broker acknowledges nothing', (socket: Socket) => socket.write(accepted), 'connected with', 0],
  ['while it waits to try again', (socket: Socket) => socket.destroy(), 'next try', 1],
] as const)('the plugin ends at once %s', async (_, behave, line, warnings) => {
  await using server = await startRawServer((socket, messages) => messages === 1 && behave(socket));
  const house = startLink(cameras, { mqttUrl: `mqtt://127.0.0.1:${server.port}` });
  await (line === '' ? until('a connection', () => server.connections() === 1) : house.says(line));
  const startedMs = performance.now();
  await house[Symbol.asyncDispose]();
  expect(performance.now() - startedMs).toBeLessThan(500);
  await until('the end of the connection', () => server.connections() === 0);
  expect(house.lines.filter((each) => each.startsWith('warn'))).toHaveLength(warnings);
});

test('without a broker in the settings nothing is tried, and the end comes at once', async () => {
  const house = startLink(cameras, {});
  await house[Symbol.asyncDispose]();
  expect(house.lines).toEqual([]);
});
