import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { runningFfmpegs } from '../../src/ffmpeg/running-ffmpegs.js';
import { startCamera, type CameraSettings, type SimulatedCamera } from '../../test/support/camera/rtsp-camera.js';
import { pictures } from '../../test/support/corpus/corpus.js';
import { WatchedSource } from '../../test/support/corpus/watched-source.js';
import { openPlugin } from '../../test/support/opened-camera.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';

/** A broken camera that lives for the whole run; each round is a new camera of the plugin that looks at it. */
interface Broken extends CameraSettings {
  readonly meanwhile?: (camera: SimulatedCamera, round: number) => Promise<void> | void;
}

const small = { ...pictures, width: 480, height: 272 } as const;

const broken: readonly Broken[] = [
  { main: pictures, defects: { damagedEvery: 2 } },
  { main: pictures, meanwhile: (camera) => camera.sendGarbage('bytes', 700) },
  { main: pictures, meanwhile: (camera) => camera.sendGarbage('payloads', 1_000) },
  { main: pictures, meanwhile: (camera, round) => camera.switchTo(round % 2 === 0 ? small : pictures) },
  { main: { ...pictures, form: 'fields', width: 320, height: 192, fps: 10 }, defects: { fieldsApart: true } },
  { main: pictures, defects: { times: 'still' } },
  { main: pictures, parameterSetsInSdp: false, parameterSetsInBand: false },
  { main: { ...pictures, codec: 'hevc' }, defects: { startCodesInside: true, damagedEvery: 3 }, parameterSetsInSdp: false },
];

/** Long enough for a picture to be published and decoded. */
const roundMs = 3_000;
const mebibyte = 1024 * 1024;

/** What streams that are not as they should be leave behind in this process. */
export const brokenStreams: Scenario = {
  name: 'broken-streams',
  title: `${broken.length} broken streams side by side, opened and closed again and again`,
  linuxOnly: false,
  async run({ quick, signal }: Bench) {
    const rounds = quick ? 8 : 60;
    const heapMb: number[] = [];
    await using cameras = new AsyncDisposableStack();
    const opened = await Promise.all(
      broken.map(async ({ meanwhile, ...settings }) => {
        const camera = await startCamera(settings);
        cameras.defer(() => camera.close());
        return { camera, meanwhile };
      }),
    );
    let seen = 0;
    for (let round = 0; round < rounds; round++) {
      signal.throwIfAborted();
      const counts = await Promise.all(opened.map(({ camera, meanwhile }) => lookAt(camera, () => meanwhile?.(camera, round))));
      seen += counts.reduce((sum, count) => sum + count, 0);
      heapMb.push(inUseMb());
    }
    return rows(heapMb, seen);
  },
};

/** @returns how many pictures were decoded. */
async function lookAt(camera: SimulatedCamera, meanwhile: () => Promise<void> | void): Promise<number> {
  await using source = await openPlugin({ source: camera.url() });
  using watched = new WatchedSource(source);
  await sleep(roundMs / 2);
  await meanwhile();
  await sleep(roundMs / 2);
  return watched.pictures.length;
}

/** After a full garbage collection, buffers included. */
function inUseMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / mebibyte;
}

function rows(heapMb: readonly number[], seen: number): Row[] {
  const third = Math.ceil(heapMb.length / 3);
  // The first rounds load and compile.
  const [early, late] = [heapMb.slice(third, 2 * third), heapMb.slice(-third)];
  return [
    { what: 'memory in use, of the last third of the rounds less the second', value: median(late) - median(early), unit: 'MB', atMost: 2, remark: `${heapMb.length} rounds; ${spread(late, 0, 'round')}` },
    { what: 'FFmpegs that are left', value: runningFfmpegs().length, unit: 'processes', atMost: 0 },
    { what: 'pictures decoded meanwhile', value: seen, unit: 'times', atLeast: heapMb.length * broken.length },
  ];
}
