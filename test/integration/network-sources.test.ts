import { describe, expect, test } from '@jest/globals';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { readMarks } from '../support/camera/marks.js';
import { followSource, type FollowedSource } from '../support/followed-source.js';
import { decodeUnits, longestGap } from '../support/seen-pictures.js';
import { toneOf } from '../support/sound/tone-of.js';
import { film } from '../support/streaming/looped-film.js';
import { serveBody, serveListener, type StreamingServer } from '../support/streaming/streaming-server.js';

const passphrase = 'hunter2-hunter2';

const servers: readonly (readonly [string, () => Promise<StreamingServer>])[] = [
  ['RTMP', () => serveListener('rtmp')],
  ['SRT', () => serveListener('srt')],
  ['SRT with a passphrase', () => serveListener('srt', { passphrase })],
  ['MPEG-TS over HTTP', () => serveBody('mpegts')],
  ['FLV over HTTP', () => serveBody('flv')],
  ['fragmented MP4 over HTTP, with a login', () => serveBody('fmp4', { login: 'joe:hunter2' })],
];

/** From the connection on that sound comes with: a first one may have been given up to take it otherwise. */
function settled({ units, packets }: FollowedSource): readonly AccessUnit[] {
  const beganMs = packets[0]?.timeMs ?? Infinity;
  const first = units.findIndex(({ timeMs, keyframe }) => keyframe && timeMs > beganMs);
  return first < 0 ? [] : units.slice(first);
}

/** The counters that a viewer reads in these pictures. */
async function countersOf(units: readonly AccessUnit[]): Promise<number[]> {
  const { luma } = await decodeUnits(units, film);
  return luma.map((picture) => readMarks(picture, film.width, film.height)?.counter ?? -1);
}

describe('what a server sends is seen and heard, and again after it broke', () => {
  test.concurrent.each(servers)('%s', async (_name, serve) => {
    await using server = await serve();
    await using it = followSource(server.url);
    await it.until(() => settled(it).length > 75 && it.packets.length > 100);
    expect(Math.abs((it.stream.measure()?.fps ?? NaN) - film.fps)).toBeLessThan(1.5);
    // Where the film begins anew, its sound is a little longer.
    const seen = settled(it);
    expect(longestGap(seen, film.fps)).toBeLessThanOrEqual(1);
    const counters = await countersOf(seen);
    const loop = film.fps * film.seconds;
    expect(counters.length).toBeGreaterThan(60);
    expect(counters.slice(1).every((counter, index) => counter === ((counters[index] ?? 0) + 1) % loop)).toBe(true);
    expect(await toneOf(it.packets)).toMatchObject({ hz: expect.closeTo(film.toneHz, -1), share: expect.closeTo(1, 0) });
    expect([...it.problems, ...it.soundProblems]).toEqual([]);
    const before = it.units.length;
    const heard = it.packets.length;
    server.breakOff();
    await it.until(() => it.units.length > before + 60 && it.packets.length > heard + 60);
    expect(it.problems.length).toBeGreaterThan(0);
    expect(it.stream.reconnects.total).toBe(1);
    const gap = it.units.findIndex(({ timeMs }, index) => index >= before - 1 && timeMs - (it.units[index - 1]?.timeMs ?? timeMs) > 200);
    expect(it.units[gap]?.keyframe).toBe(true);
    expect([...it.lines, ...it.notes, ...it.problems.map(({ message }) => message)].join('\n')).not.toContain('hunter2');
  }, 120_000);
});
