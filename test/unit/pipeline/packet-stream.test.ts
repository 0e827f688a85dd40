import { describe, expect, test } from '@jest/globals';
import type { AccessUnit, VideoFormat } from '../../../src/media/access-unit.js';
import { joinNals } from '../../../src/media/nal.js';
import type { PacketReader } from '../../../src/pipeline/packet-reader.js';
import { PacketStream } from '../../../src/pipeline/packet-stream.js';
import { seededRandom } from '../../support/seeded-random.js';

const format: VideoFormat = { codec: 'h264', parameterSets: [], width: 1920, height: 1080, profile: 'High', level: '4.0', reorders: false, fullRange: false };

/** Publishes pictures 100 ms apart; every `gop`th is a keyframe. */
function publish(stream: PacketStream, from: number, to: number, gop = 20, bytes = 100): void {
  for (let index = from; index < to; index++) {
    stream.publish(unit(index * 100, index % gop === 0, bytes));
  }
}

function unit(timeMs: number, keyframe: boolean, bytes = 100): AccessUnit {
  return { format, data: new Uint8Array(bytes), keyframe, timeMs, decodeTimeMs: timeMs };
}

function readAll(reader: PacketReader): AccessUnit[] {
  const units: AccessUnit[] = [];
  for (let unit = reader.next(); unit; unit = reader.next()) {
    units.push(unit);
  }
  return units;
}

const ignore = () => undefined;

describe('the ring', () => {
  test('keeps whole GOPs that reach 10 s back, and no more', () => {
    const stream = new PacketStream();
    publish(stream, 0, 1000);
    // Newest picture at 99.9 s; the GOP of 88 s is needed to reach back to 89.9 s.
    expect(stream.bytes).toBe((1000 - 880) * 100);
    expect(stream.reachMs).toBe(11_900);
    stream.clear();
    expect(stream.reachMs).toBe(0);
  });

  test('never holds more than its bytes, and keeps the newest GOP', () => {
    const stream = new PacketStream({}, { pastMs: 10_000, bytes: 5_000 });
    publish(stream, 0, 1000);
    expect(stream.bytes).toBeLessThanOrEqual(5_000);
    expect(stream.liveKeyframe?.timeMs).toBe(98_000);
  });

  test('says how far it reaches while its bytes do not suffice, also in between connections, until they do', () => {
    const stream = new PacketStream({}, { pastMs: 10_000, bytes: 5_000 });
    publish(stream, 0, 100);
    expect(stream.shortPastMs).toBeGreaterThan(0);
    expect(stream.shortPastMs).toBeLessThan(5_000);
    stream.clear();
    expect(stream.shortPastMs).toBeGreaterThan(0);
    publish(stream, 100, 400, 20, 30);
    expect(stream.shortPastMs).toBeUndefined();
    publish(stream, 400, 500);
    stream.forget();
    expect(stream.shortPastMs).toBeUndefined();
  });

  test('knows nothing of that while it is to keep no past', () => {
    const stream = new PacketStream({}, { pastMs: 10_000, bytes: 5_000 });
    publish(stream, 0, 100);
    stream.shortened = true;
    publish(stream, 100, 200, 20, 30);
    expect(stream.shortPastMs).toBeGreaterThan(0);
  });

  test('counts what its readers have lost', () => {
    const stream = new PacketStream();
    const readers = [stream.read(ignore), stream.read(ignore)];
    publish(stream, 0, 300);
    readers.forEach(readAll);
    expect(stream.lost).toBe(readers.reduce((sum, { lost }) => sum + lost, 0));
    expect(stream.lost).toBeGreaterThan(100);
  });

  test('that is shortened keeps its newest GOP, at once and from then on, the one before for a second, and grows again afterwards', () => {
    const stream = new PacketStream();
    publish(stream, 0, 212);
    stream.shortened = true;
    expect([stream.bytes, stream.newestGopBytes, stream.liveKeyframe?.timeMs]).toEqual([1_200, 1_200, 20_000]);
    publish(stream, 212, 1010);
    expect([stream.bytes, stream.startBefore(0), stream.newestStart()]).toEqual([3_000, 980, 1000]);
    publish(stream, 1010, 1011);
    expect([stream.bytes, stream.startBefore(0), stream.newestStart()]).toEqual([1_100, 1000, 1000]);
    stream.shortened = false;
    publish(stream, 1011, 1020);
    publish(stream, 1020, 2000);
    expect(stream.bytes).toBe((2000 - 1880) * 100);
  });

  test.each([
    ['along', 1],
    ['now and then', 9],
  ])('that is shortened takes nothing from who reads %s', (_how, every) => {
    const stream = new PacketStream();
    const reader = stream.readAtLeisure();
    publish(stream, 0, 50);
    stream.shortened = true;
    reader.seekToNewestKeyframe();
    const seen = readAll(reader);
    for (let from = 50; from < 500; from += every) {
      publish(stream, from, from + every);
      seen.push(...readAll(reader));
    }
    expect(seen.map(({ timeMs }) => timeMs)).toEqual(Array.from({ length: 460 }, (_, index) => (index + 40) * 100));
    expect(reader.lost).toBe(0);
  });

  test('that is shortened is still known to be what it was measured to be, until the connection ends', () => {
    const stream = new PacketStream();
    publish(stream, 0, 100);
    const whole = stream.measure();
    stream.shortened = true;
    expect(stream.measure()).toEqual(whole);
    for (let index = 100; index < 200; index++) {
      stream.publish(unit(index * 100, index % 20 === 0));
      expect(stream.measure()).toMatchObject({ fps: 10, keyframeIntervalMs: 2_000, bFrames: false });
    }
    stream.interrupt();
    expect(stream.measure()).toBeUndefined();
  });

  test('one endless GOP does not grow without bound; who reads along loses nothing', () => {
    const stream = new PacketStream({}, { pastMs: 10_000, bytes: 5_000 });
    let seen = 0;
    const reader = stream.read(() => (seen += readAll(reader).length));
    publish(stream, 0, 1000, 100_000);
    expect(seen).toBe(1000);
    expect(stream.bytes).toBeLessThanOrEqual(5_000);
    expect(stream.liveKeyframe).toBeUndefined();
    expect(stream.reachMs).toBeLessThan(5_000);
    const late = stream.read(ignore);
    late.seekToNewestKeyframe();
    publish(stream, 1001, 1100, 100_000);
    expect(late.next()).toBeUndefined();
    stream.publish(unit(200_000, true));
    expect(late.next()?.timeMs).toBe(200_000);
  });

  test('pictures before the first keyframe are dropped', () => {
    const stream = new PacketStream();
    publish(stream, 1, 25);
    expect(stream.published).toBe(5);
    expect(stream.format).toBe(format);
  });
});

describe('a reader', () => {
  test('begins at the newest keyframe and then follows', () => {
    const stream = new PacketStream();
    publish(stream, 0, 50);
    const reader = stream.read(ignore);
    reader.seekToNewestKeyframe();
    expect(readAll(reader).map(({ timeMs }) => timeMs)).toEqual([4000, 4100, 4200, 4300, 4400, 4500, 4600, 4700, 4800, 4900]);
    publish(stream, 50, 52);
    expect(readAll(reader)).toHaveLength(2);
  });

  test('that is slow loses whole GOPs, goes on at a keyframe, and is counted', () => {
    const stream = new PacketStream();
    publish(stream, 0, 30);
    const reader = stream.read(ignore);
    reader.seekToNewestKeyframe();
    expect(reader.next()?.timeMs).toBe(2000);
    publish(stream, 30, 1000);
    const next = reader.next();
    expect(next?.keyframe).toBe(true);
    expect(next?.timeMs).toBe(88_000);
    expect(reader.lost).toBe(880 - 21);
  });

  test('does not begin with the past of a lost connection, but with the next keyframe', () => {
    const stream = new PacketStream();
    publish(stream, 0, 30);
    stream.interrupt();
    const reader = stream.read(ignore);
    reader.seekToNewestKeyframe();
    expect(stream.liveKeyframe).toBeUndefined();
    expect(stream.lastKeyframe?.timeMs).toBe(2000);
    publish(stream, 41, 65);
    expect(reader.next()?.timeMs).toBe(6000);
  });

  test('that begins with an open GOP does not get what is shown before its keyframe, and later all', () => {
    const stream = new PacketStream();
    // In the order of decoding: two pictures that are shown before each keyframe depend on the GOP before.
    const gop = (fromMs: number): void => [0, -200, -100, 300, 100, 200].forEach((ms) => stream.publish(unit(fromMs + ms, ms === 0)));
    gop(1_000);
    gop(1_600);
    const reader = stream.read(ignore);
    reader.seekToNewestKeyframe();
    gop(2_200);
    expect(readAll(reader).map(({ timeMs }) => timeMs)).toEqual([1_600, 1_900, 1_700, 1_800, 2_200, 2_000, 2_100, 2_500, 2_300, 2_400]);
  });

  test('goes on over a reconnect without a loss', () => {
    const stream = new PacketStream();
    publish(stream, 0, 30);
    const reader = stream.read(ignore);
    reader.seekToNewestKeyframe();
    readAll(reader);
    stream.interrupt();
    publish(stream, 35, 45);
    expect(readAll(reader).map(({ timeMs }) => timeMs)).toEqual([4000, 4100, 4200, 4300, 4400]);
    expect(reader.lost).toBe(0);
  });

  test('that was disposed is not woken and not kept', () => {
    const stream = new PacketStream();
    let woken = 0;
    const reader = stream.read(() => (woken += 1));
    publish(stream, 0, 1);
    reader[Symbol.dispose]();
    publish(stream, 1, 2);
    expect(woken).toBe(1);
    expect(stream.readers).toBe(0);
  });

  test('with any order of events yields rising times, keyframes first, and bounded memory', () => {
    const random = seededRandom(7);
    for (let run = 0; run < 50; run++) {
      const stream = new PacketStream({}, { pastMs: 3_000, bytes: 20_000 });
      const readers = Array.from({ length: 3 }, () => ({ reader: stream.read(ignore), lastMs: -1, fresh: true }));
      for (let step = 0; step < 500; step++) {
        const chance = random();
        if (chance < 0.03) {
          stream.interrupt();
        } else if (chance < 0.04) {
          stream.clear();
        } else {
          stream.publish(unit(step * 100, random() < 0.05, Math.floor(random() * 900)));
        }
        for (const each of readers.filter(() => random() < 0.3)) {
          const got = each.reader.next();
          if (got) {
            expect(got.timeMs).toBeGreaterThan(each.lastMs);
            expect(got.keyframe || !each.fresh).toBe(true);
            Object.assign(each, { lastMs: got.timeMs, fresh: false });
          }
        }
        expect(stream.bytes).toBeLessThanOrEqual(20_000 + 900);
      }
    }
  });
});

test('rate, bitrate, keyframe distance and order are measured, of the present connection only', () => {
  const stream = new PacketStream();
  publish(stream, 0, 100, 7);
  stream.interrupt();
  publish(stream, 140, 260, 20, 1250);
  expect(stream.measure()).toMatchObject({ fps: 10, bitrateKbps: 100, keyframeIntervalMs: 2000, bFrames: false });
  stream.publish({ ...unit(26_000, false), timeMs: 25_850 });
  expect(stream.measure()?.bFrames).toBe(true);
});

describe('a keyframe that is no IDR picture', () => {
  const pictures = {
    I: { data: joinNals([Uint8Array.of(0x65, 0x88)]), keyframe: true },
    /** With a recovery point. */
    r: { data: joinNals([Uint8Array.of(6, 6, 1, 0xc4, 0x80), Uint8Array.of(0x41, 0xb8)]), keyframe: true },
    p: { data: joinNals([Uint8Array.of(0x41, 0xe0)]), keyframe: false },
  } as const;

  /** A picture a second, from `names` with spaces between. @returns K for each that became a keyframe, a point for the others. */
  function keyframes(stream: PacketStream, names: string, from = 0, reader = stream.readAtLeisure()): string {
    names.split(' ').forEach((name, index) => {
      const timeMs = (from + index) * 1_000;
      stream.publish({ format, ...pictures[name as keyof typeof pictures], timeMs, decodeTimeMs: timeMs });
    });
    return readAll(reader).map(({ keyframe }) => (keyframe ? 'K' : '.')).join('');
  }

  test('is an ordinary picture where IDR pictures come', () => {
    const stream = new PacketStream();
    expect(keyframes(stream, 'I p r p I p r p I p r p I')).toBe('K...K...K...K');
    expect(stream.openGop).toBe(false);
  });

  test('begins an open GOP where none come but the first', () => {
    const stream = new PacketStream();
    expect(keyframes(stream, 'I p r p r p r p r p r p r p r p')).toBe('K.........K.K.K.');
    expect(stream.openGop).toBe(true);
  });

  test('is a beginning at once where none has come, and then until two have', () => {
    const stream = new PacketStream();
    const reader = stream.readAtLeisure();
    expect(keyframes(stream, 'r p r p I', 0, reader)).toBe('K.K.K');
    expect(stream.openGop).toBe(true);
    expect(keyframes(stream, 'p r p I', 5, reader)).toBe('...K');
    expect(stream.openGop).toBe(false);
    stream.interrupt();
    expect(keyframes(stream, 'r p', 9, reader)).toBe('K.');
  });
});
