import { describe, expect, test } from '@jest/globals';
import { askInputs } from '../../src/ffmpeg/abilities.js';
import { FfmpegSearch } from '../../src/ffmpeg/ffmpeg-search.js';
import { httpNeeds, inputNeeds } from '../../src/ffmpeg/input-needs.js';
import { parseCameraSource } from '../../src/media/camera-source.js';
import { ffmpegPath } from '../support/house.js';
import { openPlugin } from '../support/opened-camera.js';
import { serveBody } from '../support/streaming/streaming-server.js';
import { StandIns } from '../support/stand-in-ffmpeg.js';
import { until } from '../support/until.js';

/** An FFmpeg that was built without SRT, TLS and capture devices: it does everything else as the real one. */
const bare = `case "$*" in *-protocols*) printf 'Supported file protocols:\\nInput:\\n  file\\n  http\\n  rtmp\\nOutput:\\n  srt\\n';; *-demuxers*) printf 'File formats:\\n D. = Demuxing supported\\n --\\n D  mpegts          MPEG-TS\\n';; *) exec ${ffmpegPath} "$@";; esac`;

test('an FFmpeg says what it can read from', async () => {
  const { protocol, demuxer } = await askInputs(ffmpegPath);
  expect([...protocol]).toEqual(expect.arrayContaining(['file', 'http', 'https', 'rtmp', 'srt', 'tls']));
  expect([...demuxer]).toEqual(expect.arrayContaining(['mpegts', 'lavfi', 'flv', 'mov', 'mp4']));
  expect(demuxer.has('=')).toBe(false);
});

/** One that was built without HTTP and without test pictures, and so fails where it is to open them. */
const poor = `case "$*" in *-protocols*) printf 'Supported file protocols:\\nInput:\\n  file\\nOutput:\\n  file\\n';; *-demuxers*) printf 'File formats:\\n --\\n D  mpegts          MPEG-TS\\n';; *lavfi*) echo "Unknown input format: 'lavfi'" >&2; exit 1;; *http:*) echo 'Protocol not found' >&2; exit 1;; *) exec ${ffmpegPath} "$@";; esac`;

/** Looks for FFmpeg in these scripts, in this order. */
async function searchIn(standIns: StandIns, scripts: readonly string[]): Promise<FfmpegSearch> {
  const candidates = await Promise.all(scripts.map(async (script, index) => ({ origin: `number ${index}`, path: (await standIns.program(`ffmpeg${index}`, script)).path })));
  return new FfmpegSearch(undefined, () => undefined, candidates);
}

describe('an FFmpeg that cannot open a source', () => {
  test.concurrent.each([
    ['srt://192.0.2.1:9000', 'number 1'],
    ['rtsps://192.0.2.1/x', 'number 1'],
    ['https://192.0.2.1/x', 'number 0'],
    ['ffmpeg:["-f","lavfi","-i","testsrc"]', 'number 1'],
    ['ffmpeg:["-i","srt://192.0.2.1:9000"]', 'number 1'],
    ['test:', 'number 1'],
    ['rtsp://192.0.2.1/x', 'number 0'],
    ['http://192.0.2.1/x', 'number 0'],
    ['rtmp://192.0.2.1/live/x', 'number 0'],
    ['ffmpeg:["-f","mpegts","-i","http://192.0.2.1/x"]', 'number 0'],
    ['ffmpeg:["-i","/dev/video0"]', 'number 0'],
  ])('%s is for %s', async (source, origin) => {
    await using standIns = await StandIns.open();
    const search = await searchIn(standIns, [bare, `exec ${ffmpegPath} "$@"`]);
    expect((await search.forInput(inputNeeds(parseCameraSource(source)))).origin).toBe(origin);
  }, 30_000);

  test.concurrent('that has no encryption reads no encrypted stream; pictures need it not', async () => {
    await using standIns = await StandIns.open();
    const search = await searchIn(standIns, [bare, `exec ${ffmpegPath} "$@"`]);
    expect((await search.forInput(httpNeeds('https://192.0.2.1/x'))).origin).toBe('number 1');
    expect((await search.forInput(httpNeeds('http://192.0.2.1/x'))).origin).toBe('number 0');
  }, 30_000);

  test('is named with what it lacks, where no other is there', async () => {
    await using standIns = await StandIns.open();
    const search = await searchIn(standIns, [bare, bare]);
    const found = search.forInput(inputNeeds(parseCameraSource('ffmpeg:["-f","v4l2","-i","/dev/video0","-i","srt://192.0.2.1:9000"]')));
    await expect(found).rejects.toMatchObject({ code: 'ffmpeg-lacks-input', detail: 'missing: the input format "v4l2", the protocol "srt"' });
  });

  test('and does not say what it has is taken to have everything', async () => {
    await using standIns = await StandIns.open();
    const search = await searchIn(standIns, [`case "$*" in *-protocols*|*-demuxers*) exit 1;; *) exec ${ffmpegPath} "$@";; esac`]);
    expect((await search.forInput(inputNeeds(parseCameraSource('srt://192.0.2.1:9000')))).origin).toBe('number 0');
  });
});

describe('where the first FFmpeg cannot open the source, the picture comes by the next one', () => {
  test.concurrent.each([
    ['a stream of HTTP, copied', 'http', 0, 'copy'],
    ['a stream of HTTP, turned', 'http', 90, 'encode'],
    ['test pictures, encoded', 'test', 0, 'encode'],
  ] as const)('%s', async (_name, kind, rotate, mode) => {
    await using standIns = await StandIns.open();
    await using server = kind === 'http' ? await serveBody('mpegts') : undefined;
    await using it = await openPlugin({ source: server?.url ?? 'test:', audio: false, rotate }, await searchIn(standIns, [poor, `exec ${ffmpegPath} "$@"`]));
    const { main } = it.camera;
    using _lease = main.lease({ holder: 'test', waitedFor: true });
    await until('its picture is there', () => main.state.kind === 'live' || main.failing);
    expect(it.log.filter((line) => /\[[a-z-]+\]/.test(line))).toEqual([]);
    expect(main.taken?.mode).toBe(mode);
  }, 60_000);
});
