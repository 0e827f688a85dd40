/** A thread that draws scenes and lets a detector look at them: the modules of a test run several times slower than those of a thread. */
import { parentPort } from 'node:worker_threads';
import { MotionDetector, type GreyPicture } from '../../../src/motion/detector.js';
import { FilmedScene, type Decoded } from './filmed-scene.js';
import { findMotion, type FoundMotion } from './found-motion.js';
import { drawnPictures, movingScenes, quietScenes, type DrawnScene } from './scenes.js';

export interface SceneJob {
  /** Its name. */
  readonly scene: string;
  /** Only so much of it. */
  readonly seconds?: number;
  readonly looks: readonly SceneLook[];
  /** As drawn, in this size; or filmed and decoded by this FFmpeg. */
  readonly as: { readonly width: number; readonly height: number } | { readonly ffmpegPath: string };
}

/** One detector that looks at all of a scene. */
export interface SceneLook {
  readonly sensitivity: number;
  readonly pictures: Decoded;
}

const stepMs: Readonly<Record<Decoded, number>> = { all: 200, keyframes: 2_000 };

parentPort?.on('message', (job: SceneJob) => void run(job).then((results) => parentPort?.postMessage(results)));

async function run({ scene: name, seconds, looks, as }: SceneJob): Promise<FoundMotion[]> {
  const whole = [...movingScenes, ...quietScenes].find((scene) => scene.name === name);
  if (!whole) {
    throw new Error(`There is no scene "${name}".`);
  }
  const scene = { ...whole, seconds: seconds ?? whole.seconds };
  const filmed = 'ffmpegPath' in as ? await FilmedScene.film(scene, as.ffmpegPath) : undefined;
  const drawn = (pictures: Decoded): Iterable<GreyPicture> => drawnPictures(scene, stepMs[pictures], 'width' in as ? as : undefined);
  const results: FoundMotion[] = [];
  for (const { sensitivity, pictures } of looks) {
    results.push(look(scene, sensitivity, (await filmed?.pictures(pictures)) ?? drawn(pictures), pictures));
  }
  return results;
}

/** What lies between two keyframes cannot be seen. */
function look(scene: DrawnScene, sensitivity: number, pictures: Iterable<GreyPicture>, which: Decoded): FoundMotion {
  return findMotion(scene, new MotionDetector({ sensitivity, zones: scene.zones ?? [] }), pictures, which === 'keyframes' ? stepMs.keyframes : 0);
}
