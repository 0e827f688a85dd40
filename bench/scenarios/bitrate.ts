import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedUnit } from '../../test/support/controller/access-units.js';
import { deviceRequest, type LiveReceiver } from '../../test/support/controller/live-receiver.js';
import type { Row, Scenario } from '../scenario.js';
import { keyframeMs, stageCamera } from '../stage/cameras.js';
import { stageHomebridge } from '../stage/homebridge.js';

const requests = [deviceRequest.iphone, { width: 640, height: 360, fps: 30, bitrateKbps: 150 }, deviceRequest.appleTv] as const;
const windowMs = 2_000;
const askedTimes = 1.15;
/** RTP header, SRTP tag, UDP and IPv4: what a packet takes on the wire beside the picture. */
const packetBytes = 12 + 10 + 8 + 20;

/** Whether converted views keep to the bitrate that was asked for. */
export const bitrate: Scenario = {
  name: 'bitrate',
  title: `converted views of a moving, noisy picture, all at once: the most that came within any ${windowMs / 1000} s, against the asked bitrate`,
  linuxOnly: true,
  async run(bench) {
    await using camera = await stageCamera(bench, { codec: 'hevc' });
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url(), liveVideo: 'transcode' }]);
    const controller = await home.controller('Bench');
    await sleep(2 * keyframeMs, undefined, { signal: bench.signal });
    const views: View[] = [];
    try {
      for (const request of requests) {
        views.push({ request, live: await controller.startLive(request) });
      }
      await Promise.all(views.map(({ live }) => live.firstKeyframe()));
      await sleep(bench.quick ? 10_000 : 65_000, undefined, { signal: bench.signal });
    } finally {
      await Promise.all(views.map(({ live }) => live.stop()));
    }
    return views.flatMap(rows);
  },
};

interface View {
  readonly request: (typeof requests)[number];
  readonly live: LiveReceiver;
}

function rows({ live, request: { width, height, bitrateKbps: askedKbps } }: View): Row[] {
  const units = live.units();
  const spanMs = (units.at(-1)?.lastArrivalMs ?? 0) - (units[0]?.lastArrivalMs ?? 0);
  const kbps = (bytesOf: (unit: ReceivedUnit) => number): number => (units.reduce((sum, unit) => sum + bytesOf(unit), 0) * 8) / spanMs;
  const what = `${width}x${height}, ${askedKbps} kbit/s`;
  const most = mostKbps(units, pictureBytes);
  return [
    { what: `${what}: most within ${windowMs / 1000} s`, value: most / askedKbps, unit: 'times', atMost: askedTimes, remark: `${Math.round(most)} kbit/s; ${units.length} pictures in ${Math.round(spanMs / 1000)} s` },
    { what: `${what}: mean`, value: kbps(pictureBytes) / askedKbps, unit: 'times', remark: `${Math.round(kbps(pictureBytes))} kbit/s` },
    { what: `${what}: most with packet headers`, value: mostKbps(units, wireBytes) / askedKbps, unit: 'times', remark: `mean ${(kbps(wireBytes) / askedKbps).toFixed(2)} x` },
  ];
}

function pictureBytes({ annexB }: ReceivedUnit): number {
  return annexB.length;
}

function wireBytes({ annexB, packets }: ReceivedUnit): number {
  return annexB.length + packets * packetBytes;
}

/** Over all windows that end with a picture, by the arrival of their last packets. */
function mostKbps(units: readonly ReceivedUnit[], bytesOf: (unit: ReceivedUnit) => number): number {
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const unit of units) {
    sum += bytesOf(unit);
    for (let oldest = units[first]; oldest && unit.lastArrivalMs - oldest.lastArrivalMs >= windowMs; oldest = units[first]) {
      sum -= bytesOf(oldest);
      first += 1;
    }
    most = Math.max(most, sum);
  }
  return (most * 8) / windowMs;
}
