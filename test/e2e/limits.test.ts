import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { HapStatusError } from '../support/controller/controller.js';
import type { LiveReceiver } from '../support/controller/live-receiver.js';
import { formatChanges, heightsOf, sessionFacts, unbrokenSession } from '../support/controller/view-measures.js';
import { ffmpegPath, House, smallFootage } from '../support/house.js';
import { recordClip, sendingFor } from '../support/recorded-clip.js';

const tile = { width: 640, height: 360, fps: 30, bitrateKbps: 800 } as const;
const small = { width: 320, height: 180, fps: 15, bitrateKbps: 100 } as const;
const smallHevc = { ...smallFootage, codec: 'hevc' } as const;
const keepWarm = { keepWarm: true, motionDetection: 'off' } as const;

async function connected(house: House): Promise<void> {
  await Promise.all(Object.keys(house.cameras).map((name) => house.homebridge.waitForLog(new RegExp(`${name}: connected`), 20_000)));
}

/** Pictures a second, of those from number `from` on, by their RTP times. */
function rate(live: LiveReceiver, from: number): number {
  const units = live.units().slice(from);
  const spanMs = (((units.at(-1)?.timestamp ?? 0) - (units[0]?.timestamp ?? 0)) | 0) / 90;
  return ((units.length - 1) * 1000) / spanMs;
}

function encoders(house: House): number {
  return house.homebridge.ffmpegs().filter(({ args }) => args.includes('libx264')).length;
}

/** What the receiver shows of a view of some seconds. */
async function shownBy(house: House, name: string): Promise<{ readonly width: number; readonly height: number; readonly errors: string; readonly fps: number }> {
  const live = await (await house.pair(name)).startLive(tile);
  await live.waitForUnits(10, 15_000);
  await sleep(3_000);
  const to = live.units().length;
  await live.stop();
  const { width, height, errors } = await live.decode({ ffmpegPath, to });
  return { width, height, errors, fps: rate(live, Math.floor(to / 2)) };
}

describe('limits of the whole house', () => {
  test('"maxWidth", "maxFps": what is above them is not passed on, what is below is; "maxStreams": who comes later is told, and may watch when the first has gone', async () => {
    await using house = await House.open(
      {
        Wide: { options: keepWarm },
        Fast: { camera: { main: { ...smallFootage, width: 320, height: 180 } }, options: keepWarm },
        Kept: { camera: { main: { ...smallFootage, width: 320, height: 180, fps: 10 } }, options: keepWarm },
      },
      { platformConfig: { maxWidth: 480, maxFps: 12, maxStreams: 1 } },
    );
    await connected(house);
    await Promise.all(Object.values(house.cameras).map((camera) => sendingFor(camera, 2_500)));

    const wide = await shownBy(house, 'Wide');
    expect(wide).toMatchObject({ width: 480, height: 270, errors: '' });
    expect(Math.abs(wide.fps - 12)).toBeLessThan(1.5);
    await house.homebridge.waitForLog(/Wide: live view .*converted: 640x360 is more than the options allow \(480xany\)/);
    const fast = await shownBy(house, 'Fast');
    expect(fast).toMatchObject({ width: 320, height: 180, errors: '' });
    expect(Math.abs(fast.fps - 12)).toBeLessThan(1.5);
    await house.homebridge.waitForLog(/Fast: live view .*converted: .* fps are more than the option "maxFps" allows \(12\)/);

    const live = await (await house.pair('Kept')).startLive(tile);
    await live.waitForUnits(10, 15_000);
    await house.homebridge.waitForLog(/Kept: live view .*goes out as it is/);
    const second = await house.pair('Wide');
    await expect(second.startLive(tile)).rejects.toThrow(HapStatusError);
    await house.homebridge.waitForLog(/Wide: .*\(1 at the same time\).*\[views-limit\]/);
    await live.stop();
    const after = await second.startLive(tile);
    await after.firstKeyframe(10_000);
    await after.stop();
  }, 60_000);

  test('"maxTranscodes": who wants another size shares what is converted, another camera waits, and is shown when there is room', async () => {
    await using house = await House.open({ First: { camera: { main: smallHevc }, options: keepWarm }, Second: { camera: { main: smallHevc }, options: keepWarm } }, { platformConfig: { maxTranscodes: 1 } });
    await connected(house);
    const first = await (await house.pair('First')).startLive(tile);
    await first.waitForUnits(30, 15_000);
    const sharing = await (await house.pair('First')).startLive(small);
    await sharing.waitForUnits(30, 10_000);
    expect(heightsOf(sharing.units())).toEqual([360]);
    await house.homebridge.waitForLog(/First: live view .*320x180.*what is converted already: nothing more is, as no more than 1/);

    const waiting = await (await house.pair('Second')).startLive({ ...tile, bitrateKbps: 400 });
    await house.homebridge.waitForLog(/Second: .*\[conversion-refused\]/);
    await sleep(2_000);
    expect([waiting.units().length, encoders(house)]).toEqual([0, 1]);

    await first.stop();
    await sharing.video.waitForUnit(() => formatChanges(sharing.units()).length > 0, 10_000); // By now it has its own size.
    expect(heightsOf(sharing.units())).toEqual([360, 180]);
    expect(waiting.units()).toHaveLength(0);
    await sharing.stop();
    const endedMs = performance.now();
    const { unit } = await waiting.firstKeyframe(10_000);
    expect(unit.lastArrivalMs - endedMs).toBeLessThan(8_000);
    await waiting.waitForUnits(30, 10_000);
    await waiting.stop();
    expect([first, sharing, waiting].map(sessionFacts)).toEqual([unbrokenSession, unbrokenSession, unbrokenSession]);
    expect(await waiting.decode({ ffmpegPath })).toMatchObject({ width: 640, height: 360, errors: '' });
  }, 60_000);

  test('"maxMemory": the past of all cameras goes, and recordings begin without one; the log says so, and where that is not enough', async () => {
    const main = { ...smallFootage, seconds: 20 };
    const names = ['Hall', 'Door', 'Yard', 'Shed'];
    await using house = await House.open(Object.fromEntries(names.map((name) => [name, { camera: { main }, options: keepWarm }])), { platformConfig: { maxMemory: 64 } });
    await connected(house);
    const controller = await house.pair('Hall');
    await controller.armRecording({ width: 1280, height: 720, fps: 30, audio: false });
    await house.homebridge.waitForLog(/no more than 64 MiB \("maxMemory"\): 4 of 4 camera streams keep no past for now/, 15_000);
    await house.homebridge.waitForLog(/Camera Hub: .*\[memory-short\]/, 10_000);
    await sendingFor(house.camera('Hall'), 6_500);
    const clip = await recordClip(house.camera('Hall'), controller);
    expect({ faults: clip.faults, format: clip.format }).toEqual({ faults: [], format: 'avc1 640x360' });
    // A keyframe comes every 2 s, and the GOP before it stays for a second; otherwise there are 4 s.
    expect(clip.pastMs).toBeLessThan(3_300);
  }, 60_000);
});
