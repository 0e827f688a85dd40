import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { version } from '../../src/version.js';
import type { PublishedAccessory } from '../../test/support/homebridge/accessories.js';
import { installedHomebridge } from '../../test/support/homebridge/homebridge.js';
import { provideFfmpeg } from '../provide-ffmpeg.js';
import { DemoCamera } from './demo-camera.js';
import { DemoHomebridge, HomebridgeEnded } from './demo-homebridge.js';
import { prepareFootage } from './footage.js';
import { invite } from './invitation.js';
import { LoadMeter } from './load-meter.js';
import { LogTeller } from './log-teller.js';
import type { Screen } from './screen.js';
import { cameraStatus } from './status.js';

export interface ShowOptions {
  readonly screen: Screen;
  /** A network interface; all of them unless told. */
  readonly bind: string | undefined;
  /** Ends the show, also while it starts. */
  readonly signal: AbortSignal;
}

/** Everything that runs. */
interface Stage {
  readonly camera: DemoCamera;
  readonly homebridge: DemoHomebridge;
  readonly accessory: PublishedAccessory;
  readonly log: LogTeller;
}

const cameraName = 'Demo Camera';
const main = { width: 1920, height: 1080, fps: 30 } as const;
const sub = { width: 640, height: 360, fps: 15, bitrateKbps: 400 } as const;
const refreshMs = 1_000;

/** Runs until the signal comes; what it started is then gone. Throws when something goes wrong, tidied up as well. */
export async function runShow({ screen, bind, signal }: ShowOptions): Promise<void> {
  const ffmpeg = await provideFfmpeg();
  screen.say(`FFmpeg ${ffmpeg.version} from ${ffmpeg.origin}`);
  screen.say(`Homebridge ${homebridgeVersion()}, Camera Hub ${version}\n`);

  await prepareFootage([main, sub], ffmpeg.path, signal, () => screen.say('Making the demo picture, once, about 20 s ...'));
  screen.say(`Starting a simulated camera: ${main.width}x${main.height}, and a second stream of ${sub.width}x${sub.height}.`);
  await using camera = await DemoCamera.start({ main, sub, ffmpegPath: ffmpeg.path }, signal);

  screen.say('Starting Homebridge with the plugin, in a folder that is thrown away at the end.');
  const config = { name: cameraName, source: camera.url('main'), substream: camera.url('sub'), keepWarm: true, debug: true };
  const platformConfig = { name: 'Camera Hub', ffmpegPath: ffmpeg.path, cameras: [config] };
  await using homebridge = await DemoHomebridge.start({ platformConfig, bind, signal });
  const log = new LogTeller(screen, cameraName);
  log.follow(homebridge, signal);

  const accessory = await homebridge.accessory(cameraName, signal);
  invite(screen, accessory, homebridge.info(accessory), bind);
  await showStatus(screen, { camera, homebridge, accessory, log }, signal);
  if (homebridge.isPaired(accessory)) {
    screen.say(`Remove "${cameraName}" in the Home app: the next demo is a new camera.`);
  }
}

/** Until the signal comes. Throws when Homebridge or the camera ends before. */
async function showStatus(screen: Screen, { camera, homebridge, accessory, log }: Stage, signal: AbortSignal): Promise<void> {
  const failure = new AbortController();
  void homebridge.exited.then((end) => failure.abort(new HomebridgeEnded(end, homebridge.lines)));
  void camera.exited.then(() => failure.abort(new Error('The simulated camera has ended unexpectedly.')));
  const over = AbortSignal.any([signal, failure.signal]);
  const meter = new LoadMeter(homebridge.pid);
  const fps = { main: main.fps, sub: sub.fps };
  const refresh = async (): Promise<void> => {
    const statistics = await camera.statistics();
    if (!over.aborted) {
      const nowMs = performance.now();
      const paired = homebridge.isPaired(accessory);
      screen.status(cameraStatus({ camera: cameraName, news: log.news, fps, statistics, paired, load: meter.read(nowMs) }), nowMs);
    }
  };
  // What is over within a second is to be seen as well.
  homebridge.onOutput(() => void refresh());
  while (!over.aborted) {
    await refresh();
    await sleep(refreshMs, undefined, { signal: over }).catch(() => undefined);
  }
  if (!signal.aborted) {
    throw failure.signal.reason;
  }
}

function homebridgeVersion(): string {
  const file = join(dirname(installedHomebridge('homebridge') ?? ''), '..', 'package.json');
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
