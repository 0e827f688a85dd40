import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { expect, jest, test } from '@jest/globals';
import { lookAt } from '../../src/pipeline/source/look.js';
import { reconnect } from '../../src/policy/backoff.js';
import { unturned } from '../../src/policy/picture-turn.js';
import { openStream } from '../support/opened-stream.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';
import { until } from '../support/until.js';

/** So that it is looked at before it is encoded. */
const upsideDown = { ...unturned, rotate: 180 } as const;

/** It takes connections, and says nothing. */
async function silentServer(): Promise<{ readonly port: number; readonly connected: () => boolean } & AsyncDisposable> {
  let connected = 0;
  const server = createServer((socket) => {
    connected += 1;
    socket.on('error', () => undefined).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connected: () => connected > 0,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

test.each(['http', 'rtsp'] as const)('%s: a camera that is left before it has said what it sends is not to blame', async (kind) => {
  await using server = await silentServer();
  const url = `${kind}://127.0.0.1:${server.port}/`;
  await using it = await openStream({}, { source: kind === 'http' ? { kind, url } : { kind, url, transport: 'tcp' }, turn: upsideDown });
  const lease = it.stream.lease({ holder: 'test' });
  await until('it is being asked', () => server.connected());
  lease[Symbol.dispose]();
  it.stream.barred = true;
  await until('it is left', () => it.stream.state.kind === 'asleep');
  expect(it.stream.state).toMatchObject({ afterFailure: false });
  expect(it.problems).toEqual([]);
}, 60_000);

test('what feeds a look is ended with it', async () => {
  let fed: AbortSignal | undefined;
  const feed = async (_stdin: Writable, signal: AbortSignal): Promise<void> => {
    fed = signal;
    await once(signal, 'abort');
  };
  const opened = { input: { kind: 'arguments', arguments: ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10'] }, feed } as const;
  const { picture } = await lookAt({ ffmpeg: await testFfmpeg(), opened, signal: new AbortController().signal, patient: false, times: 'camera' });
  expect(picture).toMatchObject({ codec: expect.stringMatching(/rawvideo|wrapped_avframe/), width: 320, height: 180 });
  expect(fed?.aborted).toBe(true);
}, 60_000);

test('a camera that was left after minutes is looked at anew, as people may have set it to another size; one that was left after a moment is not', async () => {
  await using it = await openStream({ startAt: 'cachedGop' }, { turn: upsideDown });
  let picture = Promise.withResolvers<undefined>();
  using _reader = it.stream.packets.read(() => picture.resolve(undefined));
  const now = performance.now.bind(performance);
  let aheadMs = 0;
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
  const viewFor = async (ms: number): Promise<void> => {
    const lease = it.stream.lease({ holder: 'test' });
    await until('it is live', () => it.stream.state.kind === 'live');
    // Time goes by between pictures, so that none is missed for long.
    for (const untilMs = performance.now() + ms; performance.now() < untilMs; aheadMs += reconnect.deadAfterMs / 2) {
      picture = Promise.withResolvers();
      await picture.promise;
    }
    lease[Symbol.dispose]();
    await until('it is left', () => it.stream.state.kind === 'asleep');
  };
  const played = (): number => it.camera.statistics().playedConnections.total;
  try {
    await viewFor(1);
    expect(played()).toBe(2);
    await viewFor(200_000);
    expect(played()).toBe(3);
    await viewFor(1);
    expect(played()).toBe(5);
    expect(it.problems).toEqual([]);
  } finally {
    clock.mockRestore();
  }
}, 60_000);
