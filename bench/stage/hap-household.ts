import { marksZones } from '../../test/support/camera/marks.js';
import type { Controller } from '../../test/support/controller/controller.js';
import type { LiveReceiver } from '../../test/support/controller/live-receiver.js';
import { counterIn } from '../measure/jpeg-counter.js';
import type { Bench } from '../scenario.js';
import { stageHomebridge, type StagedHomebridge } from './homebridge.js';
import { household, stillEveryMs, type HouseholdCounts } from './household.js';

/** The plugin serves a household through HomeKit; who watches is in this process. */
export interface HapHousehold extends AsyncDisposable {
  readonly home: StagedHomebridge;
  counts(): HouseholdCounts;
}

/** Returns once both views show something. */
export async function stageHapHousehold(bench: Bench, url: string): Promise<HapHousehold> {
  const home = await stageHomebridge(bench, [{ name: 'Bench', source: url, liveVideo: 'auto', motionDetection: 'on', motionZones: marksZones }]);
  try {
    const controller = await home.controller('Bench');
    const { views, tiles } = household;
    const copied = await startView(controller, views.copied);
    const converted = await startView(controller, views.converted);
    const stills = takeStills(await Promise.all(Array.from({ length: tiles.count }, () => controller.fork())));
    return {
      home,
      counts: () => ({ copied: packetsOf(copied), converted: packetsOf(converted), stills: stills.taken() }),
      [Symbol.asyncDispose]: async () => {
        await stills[Symbol.asyncDispose]();
        await Promise.allSettled([copied.stop(), converted.stop()]);
        await home[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await home[Symbol.asyncDispose]();
    throw error;
  }
}

async function startView(controller: Controller, view: (typeof household.views)[keyof typeof household.views]): Promise<LiveReceiver> {
  const live = await controller.startLive(view);
  await live.firstKeyframe();
  return live;
}

function packetsOf(live: LiveReceiver): number {
  return live.video.capture.statistics().packets;
}

/** The tiles ask in turn. Only pictures of the camera count: a placeholder would be cheap. */
function takeStills(tiles: readonly Controller[]): AsyncDisposable & { taken(): number } {
  const { width, height } = household.tiles;
  let asked = 0;
  let taken = 0;
  const running = new Set<Promise<void>>();
  const take = async (tile: Controller | undefined): Promise<void> => {
    const shot = await tile?.snapshot({ width, height });
    taken += shot && counterIn(shot.jpeg) !== undefined ? 1 : 0;
  };
  const timer = setInterval(() => {
    const one: Promise<void> = take(tiles[asked++ % tiles.length])
      .catch(() => undefined)
      .finally(() => running.delete(one));
    running.add(one);
  }, stillEveryMs);
  return {
    taken: () => taken,
    [Symbol.asyncDispose]: async () => {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}
