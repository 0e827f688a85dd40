import { expect, test } from '@jest/globals';
import { probe } from '../../support/command-line.js';
import { serveRefusals } from '../../support/streaming/refusing-rtmp.js';
import { freePort, serveBody, serveListener } from '../../support/streaming/streaming-server.js';

/** What must not be told stands in all of these. */
const secret = /s3cret/i;
const passphrase = 'S3cret-S3cret';
const argumentsOf = (...list: readonly string[]): string => `ffmpeg:${JSON.stringify(list)}`;

/** In words and as JSON. @returns all that was printed. */
async function printed(source: string, code: number): Promise<string> {
  const ends = await Promise.all([probe([source, '--seconds', '1']), probe([source, '--seconds', '1', '--json'])]);
  expect(ends.map((end) => end.code)).toEqual([code, code]);
  return ends.flatMap(({ out, error }) => [out, error]).join('\n');
}

test('a key in the headers of FFmpeg is shown nowhere, while it works and while it fails', async () => {
  await using server = await serveBody('mpegts');
  const source = (url: string): string => argumentsOf('-headers', 'X-Api-Key: S3cret\r\n', '-i', url);
  const well = await printed(source(server.url), 0);
  expect(well).toContain(`Looking at ffmpeg:["-headers","***","-i","${server.url}"]`);
  expect(well).toContain(JSON.stringify(`ffmpeg:["-headers","***","-i","${server.url}"]`));
  expect(well).not.toMatch(secret);
  expect(await printed(source(`${server.wrongUrl}/S3cretS3cretS3cret`), 1)).not.toMatch(secret);
}, 60_000);

test('nor is a passphrase, as an option or in the address', async () => {
  await using server = await serveListener('srt', { passphrase });
  const bare = server.url.replace(/\?.*/, '');
  // One client at a time.
  for (const source of [argumentsOf('-passphrase', passphrase, '-i', bare), `${server.url}&streamid=${encodeURIComponent('#!::r=film,pw=S3cret')}`]) {
    const { code, out, error } = await probe([source, '--seconds', '1']);
    expect({ code, said: out + error }).toEqual({ code: 0, said: expect.not.stringMatching(secret) });
  }
  expect(await printed(argumentsOf('-passphrase', 'S3cret-wr0ng', '-i', `srt://127.0.0.1:${await freePort()}`), 1)).not.toMatch(secret);
}, 60_000);

test('nor is the key of a stream that is part of its path', async () => {
  await using server = await serveRefusals('play', 'No such stream: S3cret');
  expect(await printed(`rtmp://127.0.0.1:${server.port}/live/S3cret`, 1)).not.toMatch(secret);
  expect(await printed(argumentsOf('-i', `rtmp://127.0.0.1:${server.port}/live/S3cret`), 1)).not.toMatch(secret);
}, 60_000);
