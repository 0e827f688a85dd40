import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { FoundMotion } from './found-motion.js';
import type { SceneJob } from './scene-worker.js';

const threads = 2;

/** What detectors find in scenes: for each job, in the order of the jobs, what each of its looks found. */
export async function lookAtScenes(jobs: readonly SceneJob[]): Promise<FoundMotion[][]> {
  const results: FoundMotion[][] = [];
  const queue = jobs.map((job, index) => ({ job, index }));
  await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL('./scene-worker.js', import.meta.url));
      try {
        for (let next = queue.shift(); next; next = queue.shift()) {
          worker.postMessage(next.job);
          const [found] = (await once(worker, 'message')) as [FoundMotion[]];
          results[next.index] = found;
        }
      } finally {
        await worker.terminate();
      }
    }),
  );
  return results;
}
