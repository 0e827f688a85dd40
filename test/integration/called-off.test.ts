import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { lookAt } from '../../src/pipeline/source/look.js';
import { openStream } from '../support/opened-stream.js';
import { until } from '../support/recorded-clip.js';
import { testFfmpeg } from '../support/test-ffmpeg.js';

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
  // Turned, so that it is looked at first.
  await using it = await openStream({}, { source: kind === 'http' ? { kind, url } : { kind, url, transport: 'tcp' }, turn: { rotate: 180, flip: 'none', crop: { left: 0, right: 0, top: 0, bottom: 0 } } });
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
