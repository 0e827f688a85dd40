import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendants } from '../../test/support/homebridge/process-tree.js';
import type { Bench } from '../scenario.js';
import { fourNeeds, type RenditionName } from './four-needs.js';
import { profiling } from './profiling.js';

/** What came out so far. */
export interface SharedVideoReport extends Readonly<Record<RenditionName, number>> {
  readonly motion: number;
  readonly snapshots: number;
  readonly snapshotsFailed: number;
  /** Pictures that an encoder was too slow for, or that there was no room for. */
  readonly leftOut: number;
}

/** Which of its processes: itself, or what an FFmpeg of it is for. */
export type SharedVideoPart = 'node' | 'connection' | 'decoder' | RenditionName | 'stills';

/** The plugin's camera with everything of `four-needs.ts`, in a process of its own. */
export interface SharedVideo extends AsyncDisposable {
  report(): Promise<SharedVideoReport>;
  /** All that runs, by process id. */
  processes(): Readonly<Record<SharedVideoPart, readonly number[]>>;
}

const script = fileURLToPath(new URL('./shared-video-process.js', import.meta.url));
const settlesWithinMs = 15_000;

/** How each of its FFmpegs is known. */
const signs: Readonly<Record<Exclude<SharedVideoPart, 'node'>, (args: readonly string[]) => boolean>> = {
  connection: (args) => args.includes('-rtsp_transport'),
  decoder: (args) => args.includes('rawvideo'),
  '720p': (args) => encodes(args, '720p'),
  '360p': (args) => encodes(args, '360p'),
  stills: (args) => args.includes('mjpeg'),
};

function encodes(args: readonly string[], name: RenditionName): boolean {
  return args.includes('libx264') && args.includes(`${fourNeeds.renditions[name].bitrateKbps}k`);
}

/** Returns once each part runs. */
export async function stageSharedVideo({ ffmpeg, profileFolder, signal }: Bench, url: string): Promise<SharedVideo> {
  const child = fork(script, [ffmpeg.path, url], { execArgv: profileFolder === undefined ? [] : [...profiling(profileFolder)] });
  const dispose = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    }
  };
  const processes = (): ReturnType<SharedVideo['processes']> => {
    const all = descendants(child.pid ?? 0);
    const pids = Object.entries(signs).map(([part, isIt]) => [part, all.filter(({ args }) => isIt(args)).map(({ pid }) => pid)]);
    return { node: [child.pid ?? 0], ...Object.fromEntries(pids) } as ReturnType<SharedVideo['processes']>;
  };
  try {
    const deadline = performance.now() + settlesWithinMs;
    while (Object.values(processes()).some((pids) => pids.length !== 1)) {
      if (performance.now() > deadline || child.exitCode !== null) {
        throw new Error(`What shares the decoder does not run after ${settlesWithinMs / 1000} s: ${JSON.stringify(processes())}`);
      }
      await sleep(200, undefined, { signal });
    }
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    report: async () => {
      const answered = new AbortController();
      child.send('report');
      const [report] = (await Promise.race([once(child, 'message', answered), once(child, 'exit', answered)])) as [SharedVideoReport | number | null];
      answered.abort();
      if (typeof report !== 'object' || report === null) {
        throw new Error(`What shares the decoder has ended (${report ?? 'by a signal'}).`);
      }
      return report;
    },
    processes,
    [Symbol.asyncDispose]: dispose,
  };
}
