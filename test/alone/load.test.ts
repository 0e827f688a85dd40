import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BusyCores } from '../support/busy-cores.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { heightsOf, longestPauseMs, sessionFacts, unbrokenSession } from '../support/controller/view-measures.js';
import { House, smallFootage } from '../support/house.js';
import { recordClip, sendingFor } from '../support/recorded-clip.js';
import { until } from '../support/until.js';

/** In a hurry; and what this view takes by itself is not to keep motion from coming back. */
const limits = { analysisAbove: 75, measuredOver: 4, backAfter: 4 } as const;
/** What a view needs to move to another encoder. */
const moveMs = 2_500;

let house: House;

beforeAll(async () => {
  house = await House.open(
    {
      Hevc: { camera: { main: { ...smallFootage, width: 1280, height: 720, codec: 'hevc', fps: 20, seconds: 20 } }, options: { keepWarm: true, motionDetection: 'off' } },
      Door: { options: { keepWarm: true, motionDetection: 'on' } },
    },
    { platformConfig: { limits } },
  );
  await house.homebridge.waitForLog(/Hevc: connected/, 20_000);
  await house.homebridge.waitForLog(/Door: connected/, 20_000);
}, 90_000);

afterAll(async () => {
  await house[Symbol.asyncDispose]();
}, 30_000);

/** A line of the log, and when it was printed. */
interface Step {
  readonly line: string;
  readonly atMs: number;
}

/** The lines that match, as they come, until the last one that is waited for. */
async function stepsUntil(last: RegExp, of: RegExp, timeoutMs: number): Promise<Step[]> {
  const from = house.homebridge.log().length;
  const steps: Step[] = [];
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lines = house.homebridge.log().slice(from).filter((line) => of.test(line));
    for (const line of lines.slice(steps.length)) {
      steps.push({ line, atMs: performance.now() });
    }
    if (steps.some(({ line }) => last.test(line))) {
      return steps;
    }
    if (performance.now() > deadline) {
      throw new Error(`Nothing like ${String(last)} was said:\n${steps.map(({ line }) => line).join('\n')}`);
    }
    await sleep(50);
  }
}

/** Pictures a second that came within this time, by their RTP times. */
function rateWithin(live: LiveReceiver, fromMs: number, toMs: number): number {
  const units = live.units().filter(({ lastArrivalMs }) => lastArrivalMs >= fromMs && lastArrivalMs < toMs);
  const spanMs = (((units.at(-1)?.timestamp ?? 0) - (units[0]?.timestamp ?? 0)) | 0) / 90;
  return ((units.length - 1) * 1000) / spanMs;
}

test('a busy machine takes pictures and size off a converted view, step by step, and gives them back; a recording made meanwhile is whole', async () => {
  const controller = await house.pair('Hevc');
  await controller.armRecording({ width: 1280, height: 720, fps: 30, audio: false });
  await sendingFor(house.camera('Hevc'), 6_500);
  const live = await controller.startLive({ width: 1280, height: 720, fps: 30, bitrateKbps: 600 });
  await live.waitForUnits(90, 15_000);

  const burning = new BusyCores();
  let down: Step[];
  try {
    down = await stepsUntil(/at most 360 lines/, /for now, as the machine was/, 90_000);
    const clip = await recordClip(house.camera('Hevc'), controller);
    expect({ faults: clip.faults, format: clip.format }).toEqual({ faults: [], format: 'avc1 1280x720' });
    expect(clip.pastMs).toBeGreaterThanOrEqual(4_000);
  } finally {
    await burning[Symbol.asyncDispose]();
  }
  // One that has to be taken again meanwhile, as something else is busy, comes back too.
  const saying = (text: string): number => house.homebridge.log().filter((line) => line.includes(text)).length;
  await until('everything to be given back', () => saying('again') > 0 && saying(', as the machine is ') === saying('for now, as the machine was '), 150_000);
  await sleep(moveMs);
  const full = performance.now();
  await sleep(2_000);
  await live.stop();

  expect(down.map(({ line }) => line.replace(/,? ?(for now)?, as the machine.*/, ''))).toEqual([
    expect.stringMatching(/Motion is looked for half as often/),
    expect.stringMatching(/Motion is looked for in keyframes only/),
    expect.stringMatching(/No further live view is converted/),
    ...[15, 10].map((fps) => expect.stringMatching(`Hevc: converted live views show at most ${fps} pictures a second`)),
    ...[480, 360].map((height) => expect.stringMatching(`Hevc: converted live views are at most ${height} lines high`)),
  ]);
  // As measured at the receiver.
  const rates = down.slice(3, 5).map(({ atMs }, index) => rateWithin(live, atMs + moveMs, down[index + 4]?.atMs ?? 0));
  rates.forEach((rate, index) => expect(Math.abs(rate - (15 - 5 * index))).toBeLessThan(2));
  expect(heightsOf(live.units())).toEqual([720, 480, 360, 480, 720]);
  expect(rateWithin(live, full, Infinity)).toBeGreaterThan(18);
  expect(sessionFacts(live)).toEqual(unbrokenSession);
  expect(longestPauseMs(live.units())).toBeLessThan(2_000);
}, 300_000);
