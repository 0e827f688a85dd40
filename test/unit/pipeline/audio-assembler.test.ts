import { describe, expect, test } from '@jest/globals';
import type { AudioPacket } from '../../../src/media/audio-packet.js';
import { writeFragment, writeInit } from '../../../src/media/fmp4-writer.js';
import { AudioAssembler } from '../../../src/pipeline/sound/audio-assembler.js';
import { AudioStream } from '../../../src/pipeline/sound/audio-stream.js';

const timescale = 8_000;
/** When the first packet has come, on the process's clock. */
const beginMs = 50_000;

/** AudioSampleEntry of QuickTime, version 0, one channel of 8 kHz. */
function sampleEntry(type: string): Buffer {
  const entry = Buffer.alloc(36);
  entry.writeUInt32BE(entry.length, 0);
  entry.write(type, 4, 'latin1');
  entry.writeUInt16BE(1, 14);
  entry.writeUInt16BE(1, 24);
  entry.writeUInt16BE(16, 26);
  entry.writeUInt16BE(8_000, 32);
  return entry;
}

interface Come {
  /** FFmpeg's time. */
  readonly streamMs: number;
  readonly arrivalMs: number;
}

/** What becomes of packets of 20 ms that come so; `apartMs`: how far the clock of the pictures is behind when they came. */
function heard(packets: readonly Come[], { type = 'ulaw', apartMs = 0 } = {}): { readonly sound: AudioPacket[]; readonly arrivals: number[]; readonly unfit: boolean } {
  const audio = new AudioStream();
  const sound: AudioPacket[] = [];
  const arrivals: number[] = [];
  const assembler = new AudioAssembler(audio, (streamMs) => streamMs + beginMs - apartMs);
  let nowMs = 0;
  using reader = audio.read(-Infinity, () => {
    for (let packet = reader.next(); packet; packet = reader.next()) {
      sound.push(packet);
      arrivals.push(nowMs);
    }
  });
  assembler.push(writeInit({ codec: 'copied', sampleEntry: sampleEntry(type), timescale }), beginMs);
  // What came together is read together.
  for (let index = 0; index < packets.length; ) {
    const { arrivalMs = 0 } = packets[index] ?? {};
    const together = packets.slice(index).filter((each) => each.arrivalMs === arrivalMs);
    nowMs = arrivalMs;
    const fragments = together.flatMap(({ streamMs }, nth) =>
      writeFragment({ sequence: index + nth + 1, baseDecodeTimeTicks: Math.round((streamMs * timescale) / 1000), samples: [{ data: new Uint8Array(160), durationTicks: 1, keyframe: true, compositionOffsetTicks: 0 }] }),
    );
    assembler.push(Buffer.concat(fragments), arrivalMs);
    index += together.length;
  }
  return { sound, arrivals, unfit: assembler.unfit };
}

/** Sound that comes steadily for so long; the clock of the camera runs so fast. */
function steady(seconds: number, rate: number, fromMs = 0): Come[] {
  return Array.from({ length: seconds * 50 }, (_, index) => ({ streamMs: fromMs + index * 20 * rate, arrivalMs: beginMs + fromMs + (index + 1) * 20 }));
}

/** How far each packet ends from when it came, but for the first 3 s. */
function apart({ sound, arrivals }: ReturnType<typeof heard>): number[] {
  return sound.slice(150).map(({ timeMs, durationMs }, index) => (arrivals[index + 150] ?? 0) - timeMs - durationMs);
}

const most = (values: readonly number[]): number => values.reduce((max, each) => Math.max(max, Math.abs(each)), 0);

describe('sound whose times are wrong is heard as it came', () => {
  test.each([0, 0.01, 0.5, 5.6])('clock %d times as fast', (rate) => {
    const it = heard(steady(20, rate));
    expect(it.sound).toHaveLength(1_000);
    expect(most(apart(it))).toBeLessThan(60);
    expect(it.sound.slice(150).every(({ durationMs }) => durationMs === 20)).toBe(true);
  });

  test('read every 250 ms, or in bundles that FFmpeg keeps for seconds: each packet follows on the one before', () => {
    for (const bundleMs of [240, 3_000]) {
      const { sound } = heard(steady(30, 0).map(({ streamMs, arrivalMs }) => ({ streamMs, arrivalMs: beginMs + Math.ceil((arrivalMs - beginMs) / bundleMs) * bundleMs })));
      const steps = sound.slice(300).map(({ timeMs }, index) => timeMs - (sound[index + 299]?.timeMs ?? 0));
      expect(Math.max(...steps)).toBeLessThan(60);
      expect(Math.min(...steps)).toBeGreaterThan(5);
      expect(sound.at(-1)?.timeMs).toBeCloseTo(beginMs + 30_000 - 20, -2);
    }
  });

  test('a microphone that was mute meanwhile is heard when it is back, not earlier', () => {
    const after = steady(5, 0).map(({ streamMs, arrivalMs }) => ({ streamMs, arrivalMs: arrivalMs + 12_000 }));
    expect(most(apart(heard([...steady(5, 0), ...after])))).toBeLessThan(60);
  });

  test('and by its times again when they are right again', () => {
    const right = steady(5, 1, 5_000);
    const { sound } = heard([...steady(5, 0), ...right], { apartMs: 200 });
    expect(sound.at(-1)?.timeMs).toBeCloseTo(beginMs - 200 + 10_000 - 20, 3);
  });

  test('sound that nobody could make anything of is left out, and told', () => {
    const { sound, unfit } = heard(steady(20, 0), { type: 'agsm' });
    expect([sound, unfit]).toEqual([[], true]);
  });
});

describe('sound whose times are right', () => {
  test.each([0, 300, 950])('keeps its distance of %i ms to the pictures', (apartMs) => {
    const { sound } = heard(steady(20, 1), { apartMs });
    expect(sound.at(-1)?.timeMs).toBeCloseTo(beginMs - apartMs + 20_000 - 20, 3);
  });

  test.each([1_050, 1_500])('is heard when it comes where the pictures are %i ms apart', (apartMs) => {
    expect(most(apart(heard(steady(20, 1), { apartMs })))).toBeLessThan(40);
  });

  test('is not doubted for packets that are lost, or come late', () => {
    const lossy = steady(20, 1).filter((_, index) => index % 3 > 0).map(({ streamMs, arrivalMs }, index) => ({ streamMs, arrivalMs: arrivalMs + (index % 5) * 8 }));
    const { sound } = heard([...lossy].sort((a, b) => a.streamMs - b.streamMs), { apartMs: 100 });
    expect(sound.every(({ timeMs }, index) => Math.abs(timeMs - (lossy[index]?.streamMs ?? 0) - beginMs + 100) < 1)).toBe(true);
  });
});
