import type { HardwareCheck, TriedHardware } from '../../policy/hardware-choice.js';
import { readMachineFacts, type MachineFacts } from './machine-facts.js';
import { probe, type ProbeOutcome } from './probe.js';
import { fingerprintOf, type ProbeResults } from './probe-results.js';
import type { HardwareTarget } from './targets.js';
import { checksFor, trials } from './trials.js';

/** Each trial runs twice at once; more would fail on cards with few encoder sessions, and the machine may be a Raspberry Pi. */
const mostAtOnce = 1;

/** Homebridge was stopped meanwhile. */
const ended: ProbeOutcome = { works: false, because: 'given up' };

/** A target, and what came out of each of its trials; those that had no hope were left out. */
export interface TriedTarget extends TriedHardware {
  readonly target: HardwareTarget;
  readonly outcomes: ReadonlyMap<HardwareCheck, ProbeOutcome>;
}

/** Finds out what these targets can do, from what is remembered, and by trying what is not. Rejects only when `stop` says so, once nothing runs any more. */
export async function tryTargets(targets: readonly HardwareTarget[], results: ProbeResults, stop: AbortSignal): Promise<{ readonly tried: TriedTarget[]; readonly trialsRun: number }> {
  const machine = await readMachineFacts();
  const takeTurns = turns(mostAtOnce);
  let trialsRun = 0;
  const outcomeOf = async (check: HardwareCheck, target: HardwareTarget): Promise<ProbeOutcome> => {
    const fingerprint = fingerprintOf(factsOf(check, target, machine));
    const known = results.get(fingerprint);
    if (known) {
      return known;
    }
    const outcome = await takeTurns(async () => (stop.aborted ? ended : probe(check, target, stop)));
    if (stop.aborted) {
      return ended;
    }
    trialsRun += 1;
    results.set(fingerprint, describe(check, target), outcome);
    return outcome;
  };
  const tried = await Promise.all(targets.map((target) => tryTarget(target, (check) => outcomeOf(check, target))));
  stop.throwIfAborted();
  return { tried, trialsRun };
}

/** First what stands alone, then what builds upon it. */
async function tryTarget(target: HardwareTarget, outcomeOf: (check: HardwareCheck) => Promise<ProbeOutcome>): Promise<TriedTarget> {
  const outcomes = new Map<HardwareCheck, ProbeOutcome>();
  const tryAll = (checks: readonly HardwareCheck[]): Promise<unknown> => Promise.all(checks.map(async (check) => outcomes.set(check, await outcomeOf(check))));
  const checks = checksFor(target.claims);
  await tryAll(checks.filter((check) => trials[check].after.length === 0));
  await tryAll(checks.filter((check) => trials[check].after.length > 0 && trials[check].after.every((each) => outcomes.get(each)?.works)));
  const works = new Set(checks.filter((check) => outcomes.get(check)?.works));
  return { preset: target.preset.name, label: target.preset.label, device: target.device, works, target, outcomes };
}

/** All that the outcome depends on. */
function factsOf(check: HardwareCheck, target: HardwareTarget, machine: MachineFacts): unknown {
  const { version, path, file } = target.ffmpeg;
  return { check, preset: target.preset.name, device: target.device, arguments: trials[check].argumentsFor(target), ffmpeg: { path, version, file }, machine };
}

function describe(check: HardwareCheck, { ffmpeg, preset, device }: HardwareTarget): string {
  return `${ffmpeg.path} ${ffmpeg.version}, ${preset.name}${device === undefined ? '' : ` on ${device}`}, ${check}`;
}

/** Lets so many run at the same time; the others wait, first come first served. */
function turns(most: number): <Value>(work: () => Promise<Value>) => Promise<Value> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running === most) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) {
        next();
      } else {
        running -= 1;
      }
    }
  };
}
