import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { CameraStream, CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import { describeStream } from '../../src/pipeline/describe-stream.js';
import { soundTimes } from '../../src/policy/sound-choice.js';
import { Problem } from '../../src/problems.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from '../support/camera/rtsp-camera.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { openStream, type OpenedStream } from '../support/opened-stream.js';
import { until } from '../support/until.js';

const authentication = { method: 'digest', user: 'joe', password: 'p@ss/w%rd:1' } as const;
const speaker = { formats: ['pcm_mulaw'] } as const;

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) {
    await each[Symbol.asyncDispose]();
  }
});

async function camera(settings: Partial<CameraSettings> = {}): Promise<SimulatedCamera> {
  const made = await startCamera({ main: smallFootage, ...settings, ffmpegPath });
  opened.push({ [Symbol.asyncDispose]: () => made.close() });
  return made;
}

/** A camera, and the plugin's stream of it, which asks it to describe itself. */
async function openDescribed(settings: Partial<CameraSettings>, options: Partial<CameraStreamOptions> = {}): Promise<OpenedStream> {
  const camera = { url: '' };
  const open = await openStream(settings, { sound: true, describe: (signal) => describeStream({ url: camera.url, signal }), ...options });
  camera.url = open.camera.url();
  opened.push(open);
  return open;
}

/** Stands in front of a camera and answers in its place whoever requires what it does not know: with silence, or by hanging up. */
async function inFrontOf({ port }: SimulatedCamera, atRequirement: 'stays silent' | 'hangs up'): Promise<{ readonly port: number; readonly asked: () => number }> {
  let asked = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const inner = connect(port, '127.0.0.1');
    inner.pipe(socket);
    socket.on('data', (bytes: Buffer) => {
      if (!/^Require:/im.test(bytes.toString('latin1'))) {
        inner.write(bytes);
        return;
      }
      asked += 1;
      if (atRequirement === 'hangs up') {
        socket.destroy();
      }
    });
    for (const [each, other] of [[socket, inner], [inner, socket]] as const) {
      sockets.add(each);
      each.on('error', () => undefined).on('close', () => {
        sockets.delete(each);
        other.destroy();
      });
    }
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
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.then(
    () => 'nothing',
    (error: unknown) => error,
  );
  return thrown instanceof Problem ? thrown.code : String(thrown);
}

describe('a camera that is asked what sound it has', () => {
  test.each<[string, Partial<CameraSettings>, object, object]>([
    ['none', {}, { kind: 'none' }, { kind: 'none' }],
    ['a microphone', { main: { ...smallFootage, audio: 'pcma' } }, { kind: 'offered', codecs: ['pcm_alaw'] }, { kind: 'none' }],
    ['Opus, after a login', { authentication, main: { ...smallFootage, audio: 'opus' } }, { kind: 'offered', codecs: ['opus'] }, { kind: 'none' }],
    ['a speaker alone', { speaker }, { kind: 'none' }, { kind: 'offered', format: { codec: 'pcm_mulaw' } }],
    ['both', { authentication, speaker, main: { ...smallFootage, audio: 'aac' } }, { kind: 'offered', codecs: ['aac'] }, { kind: 'offered' }],
    ['a microphone, and no idea of speakers', { ignoresRequire: true, main: { ...smallFootage, audio: 'g726' } }, { kind: 'offered', codecs: ['g726'] }, { kind: 'none' }],
  ])('has %s', async (_what, settings, microphone, speaking) => {
    const made = await camera(settings);
    expect(await describeStream({ url: made.url() })).toMatchObject({ microphone, speaker: speaking });
    await until('the connection is closed', () => made.statistics().connections.now === 0);
    expect(made.statistics()).toMatchObject({ connections: { total: 1 }, playedConnections: { total: 0 } });
  });

  test('refuses: nothing is found out', async () => {
    const made = await camera({ authentication });
    expect(await codeOf(describeStream({ url: made.urlWithoutCredentials() }))).toBe('talkback-refused');
    made.answerWith(503);
    expect(await codeOf(describeStream({ url: made.url() }))).toBe('talkback-refused');
  });

  test('hangs up when it is asked, or says nothing', async () => {
    const made = await camera();
    const rude = await inFrontOf(made, 'hangs up');
    expect(await codeOf(describeStream({ url: `rtsp://127.0.0.1:${rude.port}/main` }))).toBe('talkback-unreachable');
    const silent = await inFrontOf(made, 'stays silent');
    expect(await codeOf(describeStream({ url: `rtsp://127.0.0.1:${silent.port}/main`, answerWithinMs: 200 }))).toBe('talkback-unreachable');
  });

  test('refuses what it does not know, and describes nothing without it: of its speaker that says enough', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).on('data', (bytes: Buffer) => {
        const sequence = /CSeq: (\d+)/i.exec(bytes.toString('latin1'))?.[1] ?? '';
        socket.write(`RTSP/1.0 ${sequence === '1' ? 551 : 404} No\r\nCSeq: ${sequence}\r\n\r\n`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.push({
      [Symbol.asyncDispose]: async () => {
        await once(server.close(), 'close');
      },
    });
    const { port } = server.address() as AddressInfo;
    expect(await describeStream({ url: `rtsp://127.0.0.1:${port}/main` })).toEqual({ microphone: { kind: 'unknown' }, speaker: { kind: 'none', because: 'the camera knows no backchannel (551)' } });
  });

  test('is left alone as soon as nobody wants to know', async () => {
    const made = await camera();
    made.freeze();
    const stop = new AbortController();
    const describing = describeStream({ url: made.url(), signal: stop.signal });
    await until('it is connected', () => made.statistics().connections.now === 1);
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(describing).rejects.toBe(reason);
    await until('the connection is closed', () => made.statistics().connections.now === 0);
    made.thaw();
  });
});

/** How often the camera was asked: FFmpeg connects with it once each time. */
function descriptions(made: SimulatedCamera, { connections }: CameraStream): number {
  return made.statistics().connections.total - connections;
}

const viewed = { holder: 'test', waitedFor: true } as const;

describe('a camera that describes its sound is connected once', () => {
  test.each<[string, Partial<CameraSettings>, string | undefined, readonly string[]]>([
    ['without a microphone', {}, undefined, []],
    ['without a microphone, and with a speaker', { speaker }, undefined, []],
    ['with G.711', { main: { ...smallFootage, audio: 'pcmu' } }, 'pcm_mulaw', []],
    ['with Opus, which only MP4 holds', { authentication, main: { ...smallFootage, audio: 'opus' } }, 'opus', []],
    ['with G.726, which nothing holds and so is encoded', { main: { ...smallFootage, audio: 'g726' } }, 'aac', []],
  ])('%s', async (_what, settings, codec, told) => {
    const { stream, camera: made, problems, soundProblems } = await openDescribed(settings);
    using _lease = stream.lease(viewed);
    using _reader = stream.audio.read(-Infinity, () => undefined);
    await until('it is live', () => stream.state.kind === 'live' && (codec === undefined || stream.audio.format !== undefined));
    expect(stream.audio.format?.codec).toBe(codec);
    expect(stream.connections).toBe(1);
    expect(made.statistics().playedConnections.total).toBe(1);
    expect(problems).toEqual([]);
    expect(soundProblems.map(({ code }) => code)).toEqual(told);
    made.dropConnections();
    await until('it is back', () => stream.connections === 2 && stream.state.kind === 'live');
    expect(descriptions(made, stream)).toBe(1);
    expect(soundProblems).toHaveLength(told.length);
  }, 30_000);
});

describe('a camera that does not describe its sound', () => {
  test.each(['stays silent', 'hangs up'] as const)('and %s when asked is connected all the same', async (how) => {
    const made = await camera({ main: { ...smallFootage, audio: 'pcma' } });
    const front = await inFrontOf(made, how);
    const url = `rtsp://127.0.0.1:${front.port}/main`;
    const { stream, problems } = await openDescribed({}, { source: { kind: 'rtsp', url, transport: 'tcp' }, describe: (signal) => describeStream({ url, signal }) });
    const beganMs = performance.now();
    using _lease = stream.lease(viewed);
    await until('it is live', () => stream.state.kind === 'live' && stream.audio.format !== undefined);
    expect(performance.now() - beganMs).toBeLessThan((how === 'stays silent' ? soundTimes.describeWithinMs : 0) + 5_000);
    expect([stream.connections, front.asked(), problems.length]).toEqual([1, 1, 0]);
    made.dropConnections();
    await until('it is back', () => stream.connections === 2 && stream.state.kind === 'live');
    expect(front.asked()).toBe(1);
  }, 30_000);

  test('and has none is found out by trying', async () => {
    const made = await camera();
    const url = `rtsp://127.0.0.1:${(await inFrontOf(made, 'hangs up')).port}/main`;
    const { stream, problems, soundProblems } = await openDescribed({}, { source: { kind: 'rtsp', url, transport: 'tcp' }, describe: (signal) => describeStream({ url, signal }) });
    using _lease = stream.lease(viewed);
    await until('it is live', () => stream.state.kind === 'live');
    expect([stream.connections, problems.length, soundProblems.length]).toEqual([2, 0, 0]);
  }, 30_000);

  test('never holds up a connection for longer than it may, whatever becomes of the question', async () => {
    const { stream } = await openDescribed({ main: { ...smallFootage, audio: 'pcmu' } }, { describe: () => new Promise(() => undefined) });
    using _lease = stream.lease(viewed);
    await sleep(soundTimes.describeWithinMs / 2);
    expect(stream.connections).toBe(0);
    await until('it is live', () => stream.state.kind === 'live');
    expect(stream.connections).toBe(1);
  }, 30_000);

  test('as it asks for another password is not asked a second time: cameras lock out who guesses', async () => {
    const { stream, camera: made, problems } = await openDescribed({ authentication });
    made.setPassword('another');
    using _lease = stream.lease(viewed);
    await until('it has been tried twice', () => problems.length === 2);
    expect(problems.map(({ code }) => code)).toEqual(['camera-refused-login', 'camera-refused-login']);
    expect(descriptions(made, stream)).toBe(1);
  }, 30_000);

  test('as it is not there is described when it is back', async () => {
    const { stream, camera: made, problems } = await openDescribed({});
    await made.stop();
    using _lease = stream.lease(viewed);
    await until('it has been tried', () => problems.length > 0);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['camera-unreachable']));
    await made.start();
    await until('it is live', () => stream.state.kind === 'live');
    expect(made.statistics().playedConnections.total).toBe(1);
  }, 30_000);
});

test('a stream that nobody needs any more, while the camera thinks about its sound, leaves it at once', async () => {
  const { stream, camera: made, problems } = await openDescribed({});
  made.freeze();
  stream.resting = true;
  const lease = stream.lease(viewed);
  await until('it is asked', () => made.statistics().connections.now === 1);
  const beganMs = performance.now();
  lease[Symbol.dispose]();
  await until('it is asleep', () => stream.state.kind === 'asleep');
  await until('the connection is closed', () => made.statistics().connections.now === 0);
  expect(performance.now() - beganMs).toBeLessThan(soundTimes.describeWithinMs / 2);
  expect([stream.connections, problems.length]).toEqual([0, 0]);
  made.thaw();
  using _again = stream.lease(viewed);
  await until('it is live', () => stream.state.kind === 'live');
  expect(made.statistics().playedConnections.total).toBe(1);
}, 30_000);

test('a stream whose sound is not wanted asks nothing', async () => {
  const { stream, camera: made } = await openDescribed({}, { sound: false });
  using _lease = stream.lease(viewed);
  await until('it is live', () => stream.state.kind === 'live');
  expect(descriptions(made, stream)).toBe(0);
}, 30_000);

test('a microphone that is switched on is found with the first connection after an hour, once', async () => {
  const deaf = await camera();
  let url = deaf.url();
  const source = { kind: 'rtsp' as const, get url() { return url; }, transport: 'tcp' as const }; // prettier-ignore
  const { stream } = await openDescribed({}, { source, describe: (signal) => describeStream({ url, signal }) });
  const connectOnce = async (withSound: boolean): Promise<void> => {
    const lease = stream.lease(viewed);
    await until('it is live', () => stream.state.kind === 'live' && (!withSound || stream.audio.format !== undefined));
    lease[Symbol.dispose]();
    await until('it is asleep', () => stream.state.kind === 'asleep');
  };
  await connectOnce(false);
  await deaf.close();
  const now = performance.now.bind(performance);
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + soundTimes.againMs);
  try {
    const hearing = await camera({ main: { ...smallFootage, audio: 'pcmu' } });
    url = hearing.url();
    await connectOnce(true);
    await connectOnce(true);
    expect(stream.connections).toBe(3);
    expect(hearing.statistics()).toMatchObject({ playedConnections: { total: 2 }, connections: { total: 3 } });
  } finally {
    clock.mockRestore();
  }
}, 60_000);
