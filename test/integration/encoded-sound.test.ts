import { describe, expect, test } from '@jest/globals';
import { startCamera } from '../support/camera/rtsp-camera.js';
import { followSource, type FollowedSource } from '../support/followed-source.js';
import { ffmpegPath, smallFootage } from '../support/house.js';
import { toneOf } from '../support/sound/tone-of.js';
import { film, loopedFilm, type FilmSound } from '../support/streaming/looped-film.js';
import { serveBody } from '../support/streaming/streaming-server.js';

/** Waits for three seconds of sound and says what it is. */
async function heard(it: FollowedSource): Promise<{ readonly codec: string | undefined; readonly tone: Awaited<ReturnType<typeof toneOf>> }> {
  const begun = (): number => (it.packets.at(-1)?.timeMs ?? 0) - (it.packets[0]?.timeMs ?? 0);
  await it.until(() => it.units.length > 60 && begun() > 3_000);
  return { codec: it.packets.at(-1)?.format.codec, tone: await toneOf(it.packets) };
}

const theTone = { hz: expect.closeTo(film.toneHz, -1), share: expect.closeTo(1, 0) } as unknown;

const asItComes: readonly (readonly [string, FilmSound, string])[] = [
  ['PCM', { encoder: ['-c:a', 'pcm_s16le'], container: 'nut' }, 'sowt'],
  ['big-endian PCM', { encoder: ['-c:a', 'pcm_s16be'], container: 'nut' }, 'twos'],
  ['G.711', { encoder: ['-c:a', 'pcm_alaw', '-ar', '8000'], container: 'nut' }, 'pcm_alaw'],
  ['MP3', { encoder: ['-c:a', 'libmp3lame'], container: 'nut' }, 'mp3'],
  ['AAC', { encoder: ['-c:a', 'aac'], container: 'nut' }, 'aac'],
];

const toBeEncoded: readonly (readonly [string, FilmSound])[] = [
  ['MP2', { encoder: ['-c:a', 'mp2'], container: 'mpegts' }],
  ['AC-3', { encoder: ['-c:a', 'ac3'], container: 'mpegts' }],
  ['AAC-LATM', { encoder: ['-c:a', 'aac', '-mpegts_flags', 'latm'], container: 'mpegts' }],
  ['Vorbis', { encoder: ['-c:a', 'libvorbis'], container: 'matroska' }],
  ['FLAC', { encoder: ['-c:a', 'flac'], container: 'matroska' }],
  ['Nellymoser', { encoder: ['-c:a', 'nellymoser', '-ar', '22050'], container: 'flv' }],
  ['unsigned PCM', { encoder: ['-c:a', 'pcm_u8'], container: 'nut' }],
  ['PCM of 24 bits', { encoder: ['-c:a', 'pcm_s24le'], container: 'nut' }],
  ['G.722', { encoder: ['-c:a', 'g722', '-ar', '16000'], container: 'nut' }],
];

async function followFilm(sound: FilmSound): Promise<FollowedSource> {
  return followSource(`ffmpeg:${JSON.stringify(await loopedFilm(sound))}`);
}

describe('sound that others can read is kept as it comes', () => {
  test.concurrent.each(asItComes)('%s', async (_name, sound, codec) => {
    await using it = await followFilm(sound);
    expect(await heard(it)).toEqual({ codec, tone: theTone });
    expect(it.notes).toEqual([]);
    expect([...it.problems, ...it.soundProblems]).toEqual([]);
    expect(it.stream.connections).toBe(1);
  }, 60_000);
});

describe('sound that no container holds, or nobody could read, is encoded once where it comes in', () => {
  test.concurrent.each(toBeEncoded)('%s', async (_name, sound) => {
    await using it = await followFilm(sound);
    expect(await heard(it)).toEqual({ codec: 'aac', tone: theTone });
    expect(it.notes.filter((note) => note.includes('encoded to AAC'))).toHaveLength(1);
    expect([...it.problems, ...it.soundProblems]).toEqual([]);
    expect(it.stream.connections).toBeLessThanOrEqual(3);
  }, 60_000);

  test.concurrent('MP2 in MPEG-TS over HTTP', async () => {
    await using server = await serveBody('mpegts', { sound: { encoder: ['-c:a', 'mp2'], container: 'mpegts' } });
    await using it = followSource(server.url);
    expect(await heard(it)).toEqual({ codec: 'aac', tone: theTone });
  }, 60_000);

  test.concurrent('G.726 of a camera that describes it: no connection is lost to find out', async () => {
    const camera = await startCamera({ main: { ...smallFootage, audio: 'g726', sound: { toneHz: film.toneHz } }, ffmpegPath });
    try {
      await using it = followSource(camera.url('main'));
      expect(await heard(it)).toEqual({ codec: 'aac', tone: theTone });
      expect([...it.problems, ...it.soundProblems]).toEqual([]);
    } finally {
      await camera.close();
    }
  }, 60_000);

  test.concurrent('a microphone that is encoded and falls silent holds up no picture, and is heard again afterwards', async () => {
    const camera = await startCamera({ main: { ...smallFootage, audio: 'g726', sound: { toneHz: film.toneHz } }, ffmpegPath });
    try {
      await using it = followSource(camera.url('main'));
      await it.until(() => it.packets.length > 60);
      camera.muteMicrophone();
      const mutedMs = performance.now();
      await it.until(() => performance.now() - mutedMs > 4_000);
      const late = it.units.filter(({ arrivalMs }) => arrivalMs > mutedMs);
      expect(late.length).toBeGreaterThan(100);
      expect(Math.max(...late.map(({ timeMs, arrivalMs }) => arrivalMs - timeMs))).toBeLessThan(1_000);
      const before = it.packets.length;
      camera.unmuteMicrophone();
      await it.until(() => it.packets.length > before + 60);
      expect(Math.abs((it.packets.at(-1)?.timeMs ?? 0) - performance.now())).toBeLessThan(1_500);
      expect(it.problems).toEqual([]);
    } finally {
      await camera.close();
    }
  }, 60_000);
});
