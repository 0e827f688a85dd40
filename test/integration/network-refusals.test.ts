import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { ingestArguments } from '../../src/ffmpeg/ingest-arguments.js';
import type { IngestInput } from '../../src/ffmpeg/input-arguments.js';
import { followSource } from '../support/followed-source.js';
import { ffmpegPath } from '../support/house.js';
import { machinePace } from '../support/machine-pace.js';
import { serveRefusals } from '../support/streaming/refusing-rtmp.js';
import { freePort, serveBody, serveHls, serveListener, type StreamingServer } from '../support/streaming/streaming-server.js';

const passphrase = 'hunter2-hunter2';

describe('an FFmpeg that nobody ends any more ends by itself when its camera freezes', () => {
  test.concurrent.each<[string, () => Promise<StreamingServer>, (url: string) => IngestInput, number]>([
    ['RTMP', () => serveListener('rtmp'), (url) => ({ kind: 'rtmp', url }), 7_500],
    ['SRT', () => serveListener('srt'), (url) => ({ kind: 'srt', url }), 7_500],
    ['HTTP', () => serveBody('mpegts'), (url) => ({ kind: 'http', url, content: 'stream' }), 7_500],
    // It shows what it has first.
    ['HLS', () => serveHls(), (url) => ({ kind: 'http', url, content: 'hls' }), 12_000],
  ])('%s', async (_name, serve, inputAt, withinMs) => {
    await using server = await serve();
    const args = ingestArguments({ input: inputAt(server.url), picture: { mode: 'copy' }, patient: false, times: 'camera', jpegs: false });
    const orphan = spawn(ffmpegPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      let bytes = 0;
      const enough = Promise.withResolvers<undefined>();
      orphan.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > 30_000) {
          enough.resolve(undefined);
        }
      });
      await enough.promise;
      const ended = once(orphan, 'exit');
      server.freeze();
      const frozenMs = performance.now();
      await ended;
      expect(performance.now() - frozenMs).toBeLessThan(withinMs * (await machinePace()));
    } finally {
      orphan.kill('SIGKILL');
    }
  }, 60_000);
});

describe('who is refused is told why', () => {
  /** The code of the first failure. */
  async function firstProblem(url: string): Promise<string | undefined> {
    await using it = followSource(url);
    await it.until(() => it.problems.length > 0);
    const [problem] = it.problems;
    expect([...it.lines, ...it.notes, problem?.message].join('\n')).not.toContain('hunter');
    return problem?.code;
  }

  test.concurrent.each([
    ['a wrong path', 'mpegts', (url: string) => url.replace('/stream', '/nothing'), 'camera-stream-not-found'],
    ['a wrong password', 'mpegts', (url: string) => url.replace('hunter2', 'hunter3'), 'camera-refused-login'],
  ] as const)('HTTP with %s', async (_name, body, wrong, code) => {
    await using server = await serveBody(body, { login: 'joe:hunter2' });
    expect(await firstProblem(wrong(server.url))).toBe(code);
  }, 60_000);

  test.concurrent.each([
    ['a login', 'connect', 'Authorization failed for hunter2', 'camera-refused-login'],
    ['a stream that is not there', 'play', 'No such stream: hunter2', 'camera-stream-not-found'],
  ] as const)('RTMP with %s', async (_name, refusal, words, code) => {
    await using server = await serveRefusals(refusal, words);
    expect(await firstProblem(`rtmp://127.0.0.1:${server.port}/live/hunter2`)).toBe(code);
  }, 60_000);

  test.concurrent('SRT with a wrong passphrase', async () => {
    await using server = await serveListener('srt', { passphrase });
    expect(await firstProblem(server.url.replace(passphrase, 'hunter3-hunter3'))).toBe('camera-unreachable');
  }, 60_000);

  test.concurrent.each(['rtmp://127.0.0.1:*/live/hunter2', 'http://joe:hunter2@127.0.0.1:*/stream', 'srt://127.0.0.1:*?streamid=hunter2', 'rtsp://joe:hunter2@127.0.0.1:*/main'])('nobody at %s', async (url) => {
    expect(await firstProblem(url.replace('*', String(await freePort())))).toBe('camera-unreachable');
  }, 60_000);
});

describe('an FFmpeg that says all it knows tells no secret', () => {
  test.concurrent.each<[string, (port: number) => readonly string[]]>([
    ['headers and cookies', (port) => ['-headers', 'X-Api-Key: hunter2hunter2\r\nAuthorization: Bearer hunter3\r\n', '-cookies', 'sid=hunter4; path=/; domain=127.0.0.1;', '-i', `http://127.0.0.1:${port}/stream?sid=hunter5hunter5`]],
    ['a login and a token', (port) => ['-i', `http://joe:hunter2@127.0.0.1:${port}/stream?token=hunter3`]],
    ['the key of an RTMP stream', (port) => ['-i', `rtmp://127.0.0.1:${port}/live/hunter2?k=hunter3`]],
    ['options of RTMP', (port) => ['-rtmp_playpath', 'hunter2', '-rtmp_conn', 'S:hunter3', '-i', `rtmp://127.0.0.1:${port}/live`]],
    ['an SRT passphrase', (port) => ['-i', `srt://127.0.0.1:${port}?passphrase=hunter2hunter2&streamid=read:hunter3`]],
    ['an RTSP password', (port) => ['-i', `rtsp://joe:hunter2@127.0.0.1:${port}/hunter3hunter3hunter3`]],
  ])('%s', async (_name, args) => {
    await using server = await serveBody('mpegts', { login: 'nobody:else' });
    const port = Number(new URL(server.url).port);
    await using it = followSource(`ffmpeg:${JSON.stringify(['-loglevel', 'trace', ...args(port)])}`);
    await it.until(() => it.problems.length > 0);
    expect(it.lines.length).toBeGreaterThan(5);
    expect([...it.lines, ...it.notes, ...it.problems.map(({ message }) => message)].filter((line) => line.includes('hunter'))).toEqual([]);
  }, 60_000);
});
