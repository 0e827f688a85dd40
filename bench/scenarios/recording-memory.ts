import { setTimeout as sleep } from 'node:timers/promises';
import { processFacts } from '../../test/support/homebridge/process-tree.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { beginRecording, pastIsThere, selected1080p, stageArmedCamera, type ArmedCamera } from '../stage/armed-camera.js';

/** With 8 s of past two whole fragments come at once: 200 recordings take minutes, not a quarter of an hour. */
const selection = { ...selected1080p, prebufferMs: 8_000 } as const;
const fragments = 2;
const warmUps = 20;
const askedMb = 10;
const sampleEveryMs = 250;

/** What recordings leave behind. */
export const recordingMemory: Scenario = {
  name: 'recording-memory',
  title: 'memory of the Homebridge process after 200 recordings of two fragments, one after the other, each closed by the hub',
  linuxOnly: true,
  async run(bench) {
    await using staged = await stageArmedCamera(bench, {}, selection, { heapProbe: true });
    await pastIsThere(bench);
    await record(bench, staged, bench.quick ? 4 : warmUps);
    const rests = [await rest(bench, staged)];
    const inUseBefore = await staged.home.bytesInUse();
    // The garbage collector makes a saw of it: what counts is how low it gets between recordings, ten times over.
    const recordings = bench.quick ? 5 : 20;
    for (let step = 1; step <= (bench.quick ? 2 : 10); step++) {
      await record(bench, staged, recordings);
      rests.push(await rest(bench, staged));
      bench.say(`after ${step * recordings} recordings: ${lowest(rests.slice(-1)).toFixed(0)} MB resident`);
    }
    return rows(rests, recordings, (await staged.home.bytesInUse()) - inUseBefore);
  },
};

async function record({ signal }: Bench, staged: ArmedCamera, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    await using recording = await beginRecording(staged);
    await recording.fragments(fragments, 10_000);
    recording.close();
  }
}

/** Some seconds without a recording, resident memory in MiB as it goes up and down. */
async function rest({ quick, signal }: Bench, { home }: ArmedCamera): Promise<number[]> {
  const samples: number[] = [];
  const until = performance.now() + (quick ? 2_000 : 6_000);
  while (performance.now() < until) {
    samples.push((processFacts(home.pid)?.rssBytes ?? NaN) / 2 ** 20);
    await sleep(sampleEveryMs, undefined, { signal });
  }
  return samples;
}

/** The median of how low each rest got. */
function lowest(rests: readonly (readonly number[])[]): number {
  return median(rests.map((samples) => summarise(samples).min));
}

function rows(rests: readonly (readonly number[])[], step: number, inUseGrowth: number): Row[] {
  const third = Math.max(1, Math.floor((rests.length - 1) / 3));
  const before = lowest(rests.slice(0, third));
  const after = lowest(rests.slice(-third));
  const count = (rests.length - 1) * step;
  const lows = rests.map((samples) => Math.round(summarise(samples).min));
  return [
    { what: `in use after a full garbage collection, growth over ${count} recordings`, value: inUseGrowth / 2 ** 20, unit: 'MB', atMost: askedMb, remark: `JavaScript heap and buffers; ${Math.round(inUseGrowth / count)} bytes a recording` },
    { what: `resident, growth over ${count} recordings`, value: after - before, unit: 'MB', atMost: askedMb, remark: `lowest of each rest, every ${step} recordings: ${lows.join(', ')}` },
    { what: 'resident after the first ones', value: before, unit: 'MB', remark: `median of the lowest of ${third} rests` },
    { what: 'resident after the last ones', value: after, unit: 'MB', remark: `the same; last rest ${spread(rests.at(-1) ?? [])}` },
  ];
}
