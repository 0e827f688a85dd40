import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Backchannel, type BackchannelOptions } from '../../src/pipeline/talkback/backchannel.js';
import { findBackchannel } from '../../src/pipeline/talkback/find-backchannel.js';
import { Problem } from '../../src/problems.js';
import { defaultFfmpeg } from '../support/camera/footage-arguments.js';
import { RawRtspClient } from '../support/camera/raw-client.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { splitAdts } from '../support/camera/sound-formats.js';
import { decodeHeard, shareOfTone } from '../support/camera/heard-sound.js';
import { makeSelfSigned } from '../support/mqtt/certificate.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const footage = { width: 640, height: 360, seconds: 4, bitrateKbps: 800 };
const authentication = { method: 'digest', user: 'joe', password: 'p@ss/w%rd:1' } as const;
const toneHz = 700;

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    await each[Symbol.asyncDispose]();
  }
});

async function camera(settings: Partial<CameraSettings> = {}): Promise<SimulatedCamera> {
  const made = await startCamera({ main: footage, ...settings });
  opened.push({ [Symbol.asyncDispose]: () => made.close() });
  return made;
}

async function talk(options: BackchannelOptions): Promise<Backchannel> {
  const backchannel = await Backchannel.open(options);
  opened.push(backchannel);
  return backchannel;
}

/** A talk, with how it ended. */
async function watchedTalk(url: string, more: Partial<BackchannelOptions> = {}): Promise<{ backchannel: Backchannel; ends: Problem[] }> {
  const ends: Problem[] = [];
  return { backchannel: await talk({ url, onEnded: (problem) => ends.push(problem), ...more }), ends };
}

/** A server that does with each connection what the test says. Its connections end with it. */
async function serve(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  });
  return (server.address() as AddressInfo).port;
}

async function problemOf(promise: Promise<unknown>): Promise<{ code: string; detail: string }> {
  const thrown: unknown = await promise.then(
    () => 'nothing',
    (error: unknown) => error,
  );
  if (!(thrown instanceof Problem)) {
    throw new Error(`No problem: ${String(thrown)}`);
  }
  expect(`${thrown.line} ${JSON.stringify(thrown)}`).not.toMatch(/w%(?:25)?rd/);
  return { code: thrown.code, detail: thrown.detail };
}

/** A second of a tone, as FFmpeg encodes it. */
async function tone(...format: string[]): Promise<Buffer> {
  const source = ['-f', 'lavfi', '-i', `sine=frequency=${toneHz}:sample_rate=16000:duration=1`];
  const { stdout } = await run(defaultFfmpeg, ['-loglevel', 'error', ...source, '-ac', '1', ...format, 'pipe:1'], { encoding: 'buffer' });
  return stdout;
}

/** Speaks at the pace of speech, in pieces that fit into no packet. */
async function speak(backchannel: Backchannel, sound: Buffer, pieceBytes = 250): Promise<void> {
  const beganMs = performance.now();
  for (let at = 0; at < sound.length; at += pieceBytes) {
    await sleep(Math.max(0, beganMs + at / 8 - performance.now()));
    backchannel.send(sound.subarray(at, at + pieceBytes));
  }
}

describe('whether a camera can be talked to', () => {
  test.each([
    ['mu-law before A-law', ['g726', 'pcm_alaw', 'pcm_mulaw'], 'pcm_mulaw'],
    ['A-law before AAC', ['aac', 'pcm_alaw'], 'pcm_alaw'],
    ['AAC where there is nothing else', ['g726', 'aac'], 'aac'],
    ['not in a rate that G.711 does not have', ['pcm_mulaw16', 'pcm_alaw'], 'pcm_alaw'],
  ] as const)('%s', async (_what, formats, codec) => {
    const made = await camera({ authentication, speaker: { formats } });
    expect(await findBackchannel({ url: made.url() })).toMatchObject({ kind: 'offered', format: { codec } });
  });

  test('a speaker that takes nothing we can send is named', async () => {
    const made = await camera({ speaker: { formats: ['g726', 'pcm_mulaw16'] } });
    expect(await findBackchannel({ url: made.url() })).toEqual({
      kind: 'unsupported',
      because: 'it offers only g726 at 8000 Hz, pcm_mulaw at 16000 Hz; needed is G.711 at 8000 Hz mono, or AAC-LC at 8000 to 48000 Hz whose configuration it tells',
    });
    expect(await problemOf(Backchannel.open({ url: made.url() }))).toMatchObject({ code: 'talkback-unsupported', detail: expect.stringContaining('g726') });
  });

  test.each<[string, Partial<CameraSettings>, string]>([
    ['that refuses what it does not know', {}, 'the camera knows no backchannel (551)'],
    ['that ignores what it does not know', { ignoresRequire: true }, 'the camera describes no speaker'],
    ['whose microphone is no speaker', { ignoresRequire: true, main: { ...footage, audio: 'pcmu' } }, 'the camera describes no speaker'],
  ])('not a camera %s', async (_what, settings, because) => {
    const made = await camera(settings);
    expect(await findBackchannel({ url: made.url() })).toEqual({ kind: 'none', because });
  });

  test('not a camera that is no RTSP camera; it is not even connected to', async () => {
    expect(await findBackchannel({ url: '/dev/video0' })).toMatchObject({ kind: 'none' });
  });

  test('takes no session from a camera that has one only', async () => {
    const made = await camera({ sessionLimit: 1, speaker: { formats: ['pcm_mulaw'] } });
    const viewer = await RawRtspClient.connect(made.port);
    await viewer.play(made.url());
    expect(await findBackchannel({ url: made.url() })).toMatchObject({ kind: 'offered' });
    expect(made.talkRequests()).toEqual([{ method: 'DESCRIBE', required: true }]);
    viewer.close();
  });

  test('a camera that has moved is followed, once, with the password', async () => {
    const made = await camera({ authentication, speaker: { formats: ['pcm_alaw'] } });
    const moved = await camera({ movedTo: made.urlWithoutCredentials() });
    const url = moved.url().replace('//', `//joe:${encodeURIComponent(authentication.password)}@`);
    expect(await findBackchannel({ url })).toMatchObject({ kind: 'offered' });
    const circle = await camera({ movedTo: moved.urlWithoutCredentials() });
    expect(await problemOf(findBackchannel({ url: circle.url() }))).toEqual({ code: 'talkback-refused', detail: 'status 302' });
  });
});

describe('a login', () => {
  test.each([
    ['Basic', { method: 'basic' }],
    ['Digest as of 1997', {}],
    ['Digest with qop', { qop: true }],
    ['Digest with SHA-256', { algorithm: 'SHA-256', qop: true }],
  ] as const)('%s opens', async (_what, more) => {
    const made = await camera({ authentication: { ...authentication, ...more }, speaker: { formats: ['pcm_mulaw'] } });
    await talk({ url: made.url() });
    expect(made.statistics().talking.now).toBe(1);
  });

  test('a nonce that is too old is replaced, and the talk goes on', async () => {
    const made = await camera({ authentication: { ...authentication, qop: true }, speaker: { formats: ['pcm_mulaw'], sessionTimeoutSeconds: 1 } });
    const { ends, backchannel } = await watchedTalk(made.url());
    made.renewNonce();
    const before = made.talkRequests().length;
    // The first is refused with the new nonce, the second brings it.
    await until('three requests', () => made.talkRequests().length >= before + 3);
    made.renewNonce();
    await backchannel[Symbol.asyncDispose]();
    expect(made.talkRequests().slice(before).map(({ method }) => method)).toEqual(expect.arrayContaining(['GET_PARAMETER', 'TEARDOWN']));
    expect(made.statistics().talking.now).toBe(0);
    expect(ends).toEqual([]);
  });

  test('a wrong password is told, and tried once only: cameras lock out who guesses', async () => {
    const made = await camera({ authentication, speaker: { formats: ['pcm_mulaw'] } });
    const url = made.url();
    made.setPassword('another');
    expect(await problemOf(Backchannel.open({ url }))).toEqual({ code: 'talkback-refused', detail: '401: the user name or password is wrong, or this user may not talk' });
    expect(made.talkRequests()).toHaveLength(2);
    expect(made.statistics().connections.total).toBe(1);
  });

  test('no password where one is needed', async () => {
    const made = await camera({ authentication, speaker: { formats: ['pcm_mulaw'] } });
    expect(await problemOf(findBackchannel({ url: made.urlWithoutCredentials() }))).toMatchObject({ code: 'talkback-refused' });
    expect(made.talkRequests()).toHaveLength(1);
  });
});

describe('what is said', () => {
  test.each([
    ['pcm_mulaw', 0, ['-ar', '8000', '-f', 'mulaw'], 160],
    ['pcm_alaw', 8, ['-ar', '8000', '-f', 'alaw'], 160],
  ] as const)('is heard: %s', async (format, payloadType, ffmpegFormat, packetBytes) => {
    const made = await camera({ authentication, speaker: { formats: [format] } });
    const sound = await tone(...ffmpegFormat);
    const backchannel = await talk({ url: made.url() });
    expect(backchannel.format).toMatchObject({ codec: format, clockRate: 8000, packetSamples: packetBytes });
    const beganMs = performance.now();
    await speak(backchannel, sound);
    await backchannel[Symbol.asyncDispose]();
    const heard = made.heard();
    expect(backchannel.counts).toEqual({ packets: 50, dropped: 0 });
    expect(heard.map(({ payload }) => payload.length)).toEqual(Array(50).fill(packetBytes));
    expect(Buffer.concat(heard.map(({ payload }) => payload)).equals(sound)).toBe(true);
    expect(new Set(heard.map((packet) => packet.payloadType))).toEqual(new Set([payloadType]));
    expect(heard.map(({ marker }) => marker)).toEqual([true, ...Array<boolean>(49).fill(false)]);
    const [first] = heard;
    expect(heard.map(({ sequence }) => (sequence - (first?.sequence ?? 0)) & 0xffff)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(heard.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0)) >>> 0)).toEqual(Array.from({ length: 50 }, (_, index) => index * 160));
    expect(new Set(heard.map(({ ssrc }) => ssrc)).size).toBe(1);
    const played = await decodeHeard(heard);
    expect(shareOfTone(played, toneHz)).toBeGreaterThan(0.95);
    expect(shareOfTone(played, toneHz + 50)).toBeLessThan(0.05);
    // Each packet is on its way when its last byte is spoken.
    const lateMs = heard.map(({ arrivalMs }, index) => arrivalMs - beganMs - (index * 160) / 8);
    expect(Math.max(...lateMs)).toBeLessThan(300);
  });

  test('is heard: AAC, a frame in each packet', async () => {
    const made = await camera({ speaker: { formats: ['aac'] } });
    const frames = splitAdts(await tone('-ar', '16000', '-c:a', 'aac', '-f', 'adts'));
    const backchannel = await talk({ url: made.url() });
    expect(backchannel.format).toMatchObject({ codec: 'aac', clockRate: 16_000, channels: 1, config: Uint8Array.of(0x14, 0x08) });
    frames.forEach((frame) => backchannel.send(frame));
    await backchannel[Symbol.asyncDispose]();
    const heard = made.heard();
    expect(heard.map(({ payload }) => payload.length)).toEqual(frames.map(({ length }) => length + 4));
    expect(heard.every(({ marker }) => marker)).toBe(true);
    expect(heard.map(({ timestamp }) => (timestamp - (heard[0]?.timestamp ?? 0)) >>> 0)).toEqual(frames.map((_, index) => index * 1024));
    const played = await decodeHeard(heard, defaultFfmpeg);
    expect(played.samples.length).toBeGreaterThan(15_000);
    expect(shareOfTone(played, toneHz)).toBeGreaterThan(0.9);
  });

  test('after a pause comes with a mark, and as much later in RTP time', async () => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'] } });
    const backchannel = await talk({ url: made.url() });
    backchannel.send(Buffer.alloc(320, 1));
    await sleep(900);
    backchannel.send(Buffer.alloc(320, 2));
    await backchannel[Symbol.asyncDispose]();
    const [first, , third] = made.heard();
    expect(made.heard().map(({ marker }) => marker)).toEqual([true, false, true, false]);
    const laterMs = ((third?.timestamp ?? 0) - (first?.timestamp ?? 0) + 2 ** 32) % 2 ** 32 / 8;
    expect(laterMs).toBeGreaterThan(880);
    expect(laterMs).toBeLessThan(3_000);
  });

  test('its end is not lost: the last packet is filled up with silence', async () => {
    const made = await camera({ speaker: { formats: ['pcm_alaw'], tool: 'BC Streaming Media v202210012022.10.01' } });
    const backchannel = await talk({ url: made.url() });
    expect(backchannel.format).toMatchObject({ packetSamples: 1024, markEach: true });
    backchannel.send(Buffer.alloc(1100, 0x2a));
    await backchannel[Symbol.asyncDispose]();
    expect(made.heard().map(({ payload, marker }) => [payload.length, marker])).toEqual([[1024, true], [1024, true]]);
    expect([...(made.heard()[1]?.payload ?? [])]).toEqual([...Array<number>(76).fill(0x2a), ...Array<number>(948).fill(0xd5)]);
  });

  test('goes encrypted to a camera with a certificate of its own making', async () => {
    const made = await camera({ authentication, speaker: { formats: ['pcm_mulaw'] } });
    const { certificate, key } = makeSelfSigned('a-camera');
    const tls = createTlsServer({ cert: certificate, key }, (socket) => {
      const inner = connect(made.port, '127.0.0.1');
      inner.on('error', () => undefined);
      socket.on('error', () => undefined).pipe(inner).pipe(socket);
    });
    const port = await serve(tls);
    const backchannel = await talk({ url: made.url().replace('rtsp:', 'rtsps:').replace(`:${made.port}`, `:${port}`) });
    backchannel.send(Buffer.alloc(160));
    await until('the packet', () => made.heard().length === 1);
  });
});

describe('a camera that refuses', () => {
  test.each<[string, Partial<CameraSettings>, string]>([
    ['somebody else talks', { speaker: { formats: ['pcm_mulaw'], busy: true } }, '453: somebody else talks to it, or it serves no further connection'],
    ['it has no session left', { sessionLimit: 0, speaker: { formats: ['pcm_mulaw'] } }, '453: somebody else talks to it, or it serves no further connection'],
    ['it has forgotten the session', { speaker: { formats: ['pcm_mulaw'], playStatus: 454 } }, '454: it has forgotten the connection'],
    ['it is in another state', { speaker: { formats: ['pcm_mulaw'], playStatus: 455 } }, '455: it is not ready'],
  ])('is told: %s', async (_what, settings, detail) => {
    const made = await camera(settings);
    expect(await problemOf(Backchannel.open({ url: made.url() }))).toEqual({ code: 'talkback-refused', detail });
    await until('the connection to close', () => made.statistics().connections.now === 0);
  });

  test('a second talker is refused, and the first goes on', async () => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'] } });
    const { backchannel, ends } = await watchedTalk(made.url());
    expect(await problemOf(Backchannel.open({ url: made.url() }))).toMatchObject({ code: 'talkback-refused' });
    backchannel.send(Buffer.alloc(160));
    await until('the packet', () => made.heard().length === 1);
    expect(ends).toEqual([]);
  });

  test('is told from one that cannot be reached', async () => {
    const made = await camera();
    const url = made.url();
    await made.stop();
    expect(await problemOf(Backchannel.open({ url }))).toEqual({ code: 'talkback-unreachable', detail: 'connection refused' });
    expect(await problemOf(findBackchannel({ url: 'rtsp://joe:p%40ss-w%25rd@:99999/x' }))).toEqual({ code: 'talkback-unreachable', detail: 'its address is no RTSP address' });
  });

  test.each([
    ['answers with another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'what it answers cannot be understood'],
    ['answers with an endless header', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(100_000)}`, 'what it answers cannot be understood'],
    ['hangs up', '', 'the connection was lost'],
  ])('or that %s', async (_what, answer, detail) => {
    const port = await serve(createTcpServer((socket) => socket.once('data', () => socket.end(answer))));
    expect(await problemOf(findBackchannel({ url: `rtsp://127.0.0.1:${port}/main` }))).toEqual({ code: 'talkback-unreachable', detail });
  });
});

describe('a talk ends', () => {
  test('with TEARDOWN, with the header that ONVIF wants in each request, and nothing is left open', async () => {
    const made = await camera({ authentication, speaker: { formats: ['pcm_mulaw'] } });
    const { backchannel, ends } = await watchedTalk(made.url());
    expect(made.statistics().talking.now).toBe(1);
    await backchannel[Symbol.asyncDispose]();
    expect(made.talkRequests().slice(1)).toEqual(['DESCRIBE', 'SETUP', 'PLAY', 'TEARDOWN'].map((method) => ({ method, required: true })));
    expect(made.statistics().talking.now).toBe(0);
    await until('the connection to close', () => made.statistics().connections.now === 0);
    backchannel.send(Buffer.alloc(160));
    await backchannel[Symbol.asyncDispose]();
    expect(ends).toEqual([]);
  });

  test('when the camera is gone, and that is told once', async () => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'] } });
    const { backchannel, ends } = await watchedTalk(made.url());
    backchannel.send(Buffer.alloc(160));
    await until('the packet', () => made.heard().length === 1);
    made.dropConnections();
    await until('the end', () => ends.length > 0);
    backchannel.send(Buffer.alloc(160));
    await backchannel[Symbol.asyncDispose]();
    expect(ends.map(({ code, detail }) => ({ code, detail }))).toEqual([{ code: 'talkback-ended', detail: 'the connection was lost' }]);
  });

  test('when the camera hangs: noticed by the keepalive, and disposed of in bounded time', async () => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'], sessionTimeoutSeconds: 1 } });
    const { ends } = await watchedTalk(made.url(), { answerWithinMs: 500 });
    made.freeze();
    await until('the end', () => ends.length > 0);
    expect(ends.map(({ code, detail }) => ({ code, detail }))).toEqual([{ code: 'talkback-ended', detail: 'no answer' }]);
    expect(await problemOf(Backchannel.open({ url: made.url(), answerWithinMs: 300 }))).toEqual({ code: 'talkback-unreachable', detail: 'no answer' });
    made.thaw();
    const again = await talk({ url: made.url() });
    made.freeze();
    const beganMs = performance.now();
    await again[Symbol.asyncDispose]();
    expect(performance.now() - beganMs).toBeLessThan(3_000);
  });

  test('when the camera reads no more, sound is dropped and counted, not kept', async () => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'] } });
    let stalled = false;
    const port = await serve(
      createTcpServer((socket) => {
        const inner = connect(made.port, '127.0.0.1');
        inner.on('error', () => undefined).on('data', (bytes: Buffer) => socket.write(bytes));
        socket.on('error', () => undefined).on('data', (bytes: Buffer) => {
          inner.write(bytes);
          if (stalled) {
            socket.pause();
          }
        });
        socket.on('close', () => inner.destroy());
      }),
    );
    const backchannel = await talk({ url: made.url().replace(`:${made.port}`, `:${port}`) });
    stalled = true;
    for (let megabytes = 0; megabytes < 64; megabytes += 1) {
      backchannel.send(Buffer.alloc(2 ** 20));
      await sleep(1);
    }
    const { packets, dropped } = backchannel.counts;
    expect(packets + dropped).toBe(Math.floor((64 * 2 ** 20) / 160));
    // What the sockets of this machine hold.
    expect(packets * 176).toBeLessThan(24 * 2 ** 20);
  });

  test('by its signal, while it is being opened', async () => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'] } });
    made.freeze();
    const opening = new AbortController();
    const failed = Backchannel.open({ url: made.url(), signal: opening.signal }).catch((error: unknown) => error);
    await until('the connection', () => made.statistics().connections.now === 1);
    opening.abort(new Error('no more'));
    expect(await failed).toMatchObject({ message: 'no more' });
  });
});

describe('a talk lasts', () => {
  test.each([false, true])('longer than the timeout of the session (a camera without GET_PARAMETER: %s)', async (withoutGetParameter) => {
    const made = await camera({ speaker: { formats: ['pcm_mulaw'], sessionTimeoutSeconds: 1, withoutGetParameter } });
    const { ends } = await watchedTalk(made.url());
    const expected = withoutGetParameter ? ['GET_PARAMETER', 'OPTIONS', 'OPTIONS'] : ['GET_PARAMETER', 'GET_PARAMETER', 'GET_PARAMETER'];
    await until('the keepalives', () => made.talkRequests().length >= 6);
    expect(made.talkRequests().slice(3, 6).map(({ method }) => method)).toEqual(expected);
    expect(ends).toEqual([]);
  });

  test('without touching the picture: its session and its packets go on', async () => {
    const made = await camera({ sessionLimit: 2, speaker: { formats: ['pcm_mulaw'] } });
    const viewer = await RawRtspClient.connect(made.port);
    await viewer.play(made.url());
    await until('pictures', () => viewer.packets.length > 10);
    const backchannel = await talk({ url: made.url() });
    backchannel.send(Buffer.alloc(1600));
    await sleep(300);
    await backchannel[Symbol.asyncDispose]();
    await sleep(200);
    expect(made.statistics()).toMatchObject({ playing: { main: { now: 1, total: 1 } }, playedConnections: { now: 1, total: 1 }, talking: { now: 0, total: 1 } });
    const sequences = viewer.packets.filter(({ channel }) => channel === 0).map(({ bytes }) => bytes.readUInt16BE(2));
    expect(sequences.every((sequence, index) => index === 0 || sequence === ((sequences[index - 1] ?? 0) + 1) % 65_536)).toBe(true);
    viewer.close();
  });
});
