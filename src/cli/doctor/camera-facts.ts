import type { CameraConfig } from '../../config/options.js';
import { Problem } from '../../problems.js';
import type { CameraFindings } from '../probe/findings.js';
import { examineCamera, type Enough } from '../probe/examine-camera.js';
import type { DoctorContext } from './check.js';
import { privateCameras } from './private-cameras.js';

/** What a configured camera did when it was connected. */
export type CameraOutcome =
  | { readonly kind: 'seen'; readonly findings: CameraFindings }
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** Its privacy switch is on, so that it is left alone. */
  | { readonly kind: 'private' }
  | { readonly kind: 'skipped' };

export interface CameraFacts {
  readonly config: Pick<CameraConfig, 'name' | 'recording'>;
  readonly outcome: CameraOutcome;
}

/** More at once would measure this machine rather than the cameras. */
const atOnce = 4;
/** That it is there, and what it sends: a keyframe interval says whether recordings can copy it. */
const enough: Enough = { keyframeIntervals: 1, leastMs: 1_000, mostMs: 8_000 };

export async function gatherCameras(context: DoctorContext): Promise<readonly CameraFacts[]> {
  const { hub, storage, workFolder, skipCameras, onProgress } = context;
  const { cameras } = hub;
  const apart = await privateCameras({ cameras, hubFolder: storage.hubFolder, workFolder });
  let done = 0;
  return inTurns(cameras, atOnce, async (config): Promise<CameraFacts> => {
    const outcome: CameraOutcome = skipCameras ? { kind: 'skipped' } : apart.has(config.name) ? { kind: 'private' } : await look(config, context);
    done += 1;
    onProgress(`${done} of ${cameras.length} cameras`);
    return { config, outcome };
  });
}

async function look(config: CameraConfig, { ffmpeg, hardware, workFolder, signal }: DoctorContext): Promise<CameraOutcome> {
  try {
    return { kind: 'seen', findings: await examineCamera({ config, ffmpeg, hardware, socketFolder: workFolder, enough, signal, onProgress: () => undefined }) };
  } catch (error) {
    if (error instanceof Problem) {
      return { kind: 'failed', problem: error };
    }
    throw error;
  }
}

/** So many at a time; the results are in the order of the items. */
async function inTurns<Item, Result>(items: readonly Item[], most: number, work: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  return results;
}
