import { describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeardSound } from '../support/controller/heard-sound.js';
import { randomKeys, RtpCapture } from '../support/controller/rtp-capture.js';
import { Talker, type TalkOptions } from '../support/controller/talker.js';
import { ffmpegPath } from '../support/house.js';
import { beepOnsets } from '../support/sound/beeps.js';
import { gaps } from '../support/sound/gaps.js';
import { toneAt } from '../support/sound/tone.js';

const ssrc = 0x1234_5678;
/** All tests of this file share a process, which is late now and then. */
const patienceMs = 2000;

/** A talker and who hears it; `said` is over when all is said. */
async function conversation(options: Partial<TalkOptions> = {}, { sampleRateKhz = 24, packetTimeMs = 20 } = {}) {
  const keys = randomKeys();
  const [mouth, ear] = [await RtpCapture.open(), await RtpCapture.open('ipv4', sampleRateKhz * 1000)];
  ear.useKeys(keys);
  const heard = new HeardSound(ear, sampleRateKhz * 1000);
  const target = { socket: mouth.socket, address: ear.address, port: ear.port, keys, ssrc, sampleRateKhz, packetTimeMs };
  const talker = await Talker.prepare(target, { ffmpegPath, seconds: 1.2, ...options });
  const close = async (): Promise<void> => {
    await Promise.all([mouth.close(), ear.close()]);
  };
  return { talker, heard, mouth, [Symbol.asyncDispose]: close };
}

describe('a talker', () => {
  test.concurrent.each([
    [24, 20],
    [24, 30],
    [16, 30],
    [16, 40],
    [24, 60],
  ])('says a tone at %i kHz in packets of %i ms, in real time and at the asked clock', async (sampleRateKhz, packetTimeMs) => {
    await using it = await conversation({ toneHz: 440 }, { sampleRateKhz, packetTimeMs });
    const count = Math.floor(1200 / packetTimeMs);
    expect(() => it.talker.startedMs).toThrow('has not begun');
    it.talker.start();
    const packets = await it.heard.waitForPackets(count);
    expect(packets.every((packet) => packet.ssrc === ssrc && packet.payloadType === 110)).toBe(true);
    expect(packets.map(({ marker }) => marker)).toEqual(packets.map((_, index) => index === 0));
    const [first, ...others] = it.heard.packetTimes();
    expect(first).toEqual({ opusMs: packetTimeMs, stepTicks: undefined });
    expect(others).toEqual(others.map(() => ({ opusMs: packetTimeMs, stepTicks: sampleRateKhz * packetTimeMs })));
    const [firstMs, lastMs] = [packets[0], packets.at(-1)].map((packet) => (packet?.arrivalMs ?? NaN) - it.talker.startedMs);
    expect(firstMs).toBeGreaterThan(0);
    expect(firstMs).toBeLessThan(1000);
    expect(lastMs).toBeGreaterThan((packets.length - 1) * packetTimeMs);
    expect(lastMs).toBeLessThan((packets.length - 1) * packetTimeMs + 1500);
    const { samples, sampleRate } = await it.heard.decode({ ffmpegPath, patienceMs });
    const { hz, share } = toneAt(samples, sampleRate);
    expect(hz).toBeCloseTo(440, 0);
    expect(share).toBeGreaterThan(0.98);
    expect(gaps(samples.subarray(0, 1.15 * sampleRate), sampleRate)).toEqual([]);
    const [report] = it.heard.capture.senderReports();
    expect(report).toMatchObject({ ssrc, rtpTimestamp: packets[0]?.timestamp });
    expect(Math.abs((report?.wallMs ?? NaN) - performance.timeOrigin - it.talker.startedMs)).toBeLessThan(100);
  });

  test.concurrent('says beeps, and tells when each of them began', async () => {
    await using it = await conversation({ toneHz: 1000, beeps: { silenceMs: 300, toneMs: 100 } });
    const startedMs = performance.now();
    it.talker.start();
    const packets = await it.heard.waitForPackets(60);
    const { samples, sampleRate } = await it.heard.decode({ ffmpegPath, patienceMs });
    const onsets = beepOnsets({ samples, sampleRate, startSeconds: 0 }).map((seconds) => seconds * 1000);
    expect(onsets).toHaveLength(3);
    // libopus is 6.5 ms late.
    onsets.forEach((ms, index) => expect(Math.abs(ms - 6.5 - (300 + 400 * index))).toBeLessThan(8));
    expect(it.talker.onsetsMs).toHaveLength(3);
    it.talker.onsetsMs.forEach((ms, index) => {
      const dueMs = 300 + 400 * index;
      expect(ms - startedMs).toBeGreaterThanOrEqual(dueMs);
      expect(ms).toBeLessThan(packets[dueMs / 20]?.arrivalMs ?? NaN);
    });
    expect(it.talker.startedMs).toBe(it.talker.onsetsMs[0]);
  });

  test.concurrent('goes on after a pause with numbers without a gap, a marker, and the time that passed', async () => {
    await using it = await conversation();
    it.talker.start();
    await it.heard.waitForPackets(10);
    it.talker.pause();
    await sleep(100);
    const before = it.heard.packets();
    await sleep(400);
    expect(it.heard.packets()).toHaveLength(before.length);
    it.talker.start();
    const packets = await it.heard.waitForPackets(before.length + 10);
    expect(packets.map(({ sequence }) => sequence)).toEqual(packets.map((_, index) => (packets[0]?.sequence ?? 0) + index));
    expect(packets.flatMap(({ marker }, index) => (marker ? [index] : []))).toEqual([0, before.length]);
    const [last, next] = [packets[before.length - 1], packets[before.length]];
    const passedMs = (next?.arrivalMs ?? NaN) - (last?.arrivalMs ?? NaN);
    expect(passedMs).toBeGreaterThan(390);
    expect(Math.abs((((next?.timestamp ?? NaN) - (last?.timestamp ?? NaN)) | 0) / 24 - passedMs)).toBeLessThan(300);
    expect(it.talker.onsetsMs).toHaveLength(2);
  });

  test.concurrent('loses, delays and repeats packets as it is told', async () => {
    const [losing, delaying, repeating] = await Promise.all([conversation({ loseEvery: 7 }), conversation({ delayEvery: 8 }), conversation({ repeatEvery: 9 })]);
    const all = [losing, delaying, repeating];
    try {
      all.forEach(({ talker }) => talker.start());
      await Promise.all(all.map(({ heard }) => heard.waitForPackets(45)));
      await sleep(300);
      const [lost, reordered, duplicates] = [losing.heard.capture.statistics().lost, delaying.heard.capture.statistics().reordered, repeating.heard.capture.statistics().duplicates];
      expect([lost, reordered, duplicates]).toEqual([8, 7, 6]);
      const { samples, sampleRate } = await delaying.heard.decode({ ffmpegPath, patienceMs });
      expect(gaps(samples.subarray(0, 1.15 * sampleRate), sampleRate)).toEqual([]);
      const holed = await losing.heard.decode({ ffmpegPath, patienceMs });
      expect(gaps(holed.samples.subarray(0, 1.15 * sampleRate), sampleRate, 10)).toHaveLength(8);
      const sequences = repeating.heard.packets().map(({ sequence }) => sequence);
      expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
    } finally {
      await Promise.all(all.map((one) => one[Symbol.asyncDispose]()));
    }
  });

  test.concurrent('falls silent when its socket closes', async () => {
    const { talker, heard, mouth } = await conversation();
    talker.start();
    await heard.waitForPackets(3);
    await Promise.all([mouth.close(), heard.capture.close()]);
    const { sent } = talker;
    await sleep(100);
    expect(talker.sent).toBe(sent);
  });
});
