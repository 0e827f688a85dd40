import type { GreyPicture, MotionDetector } from '../../../src/motion/detector.js';
import { MotionEpisode } from '../../../src/policy/motion-episode.js';
import type { DrawnScene, Interval } from './scenes.js';

/** What a detector found in a scene. */
export interface FoundMotion {
  readonly scene: string;
  /** Episodes that must be found, and those that were, within a second of their begin. */
  readonly episodes: number;
  readonly found: number;
  /** Alarms when nothing moved. Those within ten seconds are one. */
  readonly falseAlarms: number;
  readonly falseAtS: readonly number[];
  /** From the begin of an episode to the alarm, the longest of those that were found. */
  readonly latestMs: number;
  /** Pictures of that it said that something moves, though nothing did: before the shortest duration is asked for. */
  readonly falsePictures: number;
  readonly minutes: number;
}

const inTimeMs = 1_000;
/** So long after something has gone it may still be told of. */
const tailMs = 1_500;
const oneAlarmMs = 10_000;
/** As the option's default. */
const minDurationMs = 400;

/** Shows a detector the pictures of a scene. @param lateMs an alarm may come so much later: the distance of keyframes */
export function findMotion(scene: DrawnScene, detector: MotionDetector, pictures: Iterable<GreyPicture>, lateMs = 0): FoundMotion {
  const episode = new MotionEpisode(minDurationMs);
  const alarms: number[] = [];
  let lastAlarmMs = -Infinity;
  const falseAtS: number[] = [];
  let falsePictures = 0;
  const real = scene.motion.map(within);
  const allowed = [...real, ...(scene.debatable ?? []).map(within)];
  const expected = (timeMs: number): boolean => allowed.some(([from, to]) => timeMs >= from - inTimeMs && timeMs <= to + tailMs + lateMs);
  for (const picture of pictures) {
    const verdict = detector.look(picture);
    const { timeMs } = picture;
    falsePictures += Number(verdict.moving && !expected(timeMs));
    if (episode.after(verdict)) {
      alarms.push(timeMs);
      if (!expected(timeMs)) {
        if (timeMs - lastAlarmMs > oneAlarmMs) {
          falseAtS.push(timeMs / 1000);
        }
        lastAlarmMs = timeMs;
      }
    }
  }
  const delays = real.map(([from, to]) => (alarms.find((ms) => ms >= from - inTimeMs && ms <= to + lateMs) ?? Infinity) - from);
  const inTime = delays.filter((ms) => ms <= (scene.withinS ?? 1) * 1_000 + lateMs);
  return { scene: scene.name, episodes: real.length, found: inTime.length, falseAlarms: falseAtS.length, falseAtS, latestMs: Math.max(0, ...delays), falsePictures, minutes: scene.seconds / 60 };
}

function within([from, to]: Interval): readonly [number, number] {
  return [from * 1000, to * 1000];
}

/** One line for each scene, and a sum. */
export function foundTable(title: string, results: readonly FoundMotion[]): string {
  const sum = (of: (result: FoundMotion) => number): number => results.reduce((total, result) => total + of(result), 0);
  const lines = results.map(({ scene, episodes, found, falseAlarms, falseAtS, latestMs, falsePictures }) =>
    [scene.padEnd(54), episodes === 0 ? '     -' : `${found} of ${episodes}`.padStart(6), episodes === 0 ? '      -' : `${latestMs} ms`.padStart(7), String(falseAlarms).padStart(6), String(falsePictures).padStart(6), falseAlarms === 0 ? '' : `  at ${falseAtS.join(', ')} s`].join('  '),
  );
  return [
    `${title}: ${sum(({ found }) => found)} of ${sum(({ episodes }) => episodes)} found, ${sum(({ falseAlarms }) => falseAlarms)} false alarms in ${sum(({ minutes }) => minutes).toFixed(1)} minutes`,
    `${''.padEnd(54)}   found  latest   false  pictures`,
    ...lines,
  ].join('\n');
}
