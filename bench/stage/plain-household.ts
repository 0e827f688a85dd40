import { randomBytes } from 'node:crypto';
import type { Bench } from '../scenario.js';
import { household, stillEveryMs, type HouseholdCounts } from './household.js';
import { stagePlainConvertedSrtp, stagePlainMotion, stagePlainSnapshots, stagePlainSrtp, type SrtpTarget } from './plain-ffmpeg.js';
import { stageUdpSink, type UdpSink } from './udp-sink.js';

/** What has a lasting FFmpeg of its own. */
export type LastingPart = keyof typeof household.views | 'motion';

/** One FFmpeg per consumer serves a household: each connects to the camera itself. They are children of this process. */
export interface PlainHousehold extends AsyncDisposable {
  /** Those that last, by process id. */
  readonly lasting: Readonly<Record<LastingPart, readonly number[]>>;
  /** All that run now, by process id: also the one for a still picture, where there is one. */
  pids(): readonly number[];
  counts(): Promise<HouseholdCounts>;
}

/** Returns once all that lasts runs. */
export async function stagePlainHousehold(bench: Bench, url: string): Promise<PlainHousehold> {
  const { views, tiles, motion } = household;
  const staged: AsyncDisposable[] = [];
  const keep = <Part extends AsyncDisposable>(part: Part): Part => {
    staged.push(part);
    return part;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(staged.map((part) => part[Symbol.asyncDispose]()));
  };
  try {
    const sinks = { copied: keep(await stageUdpSink()), converted: keep(await stageUdpSink()) };
    const copied = keep(await stagePlainSrtp(bench, url, targetOf(sinks.copied)));
    const converted = keep(await stagePlainConvertedSrtp(bench, url, views.converted, targetOf(sinks.converted)));
    const watching = keep(await stagePlainMotion(bench, url, motion));
    const stills = keep(stagePlainSnapshots(bench, url, { width: tiles.width, height: tiles.height, everyMs: stillEveryMs }));
    const lasting = { copied: [copied.pid], converted: [converted.pid], motion: [watching.pid] };
    return {
      lasting,
      pids: () => [...Object.values(lasting).flat(), ...stills.pids()],
      counts: async () => ({ copied: await sinks.copied.received(), converted: await sinks.converted.received(), stills: stills.counts().taken }),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function targetOf({ port }: UdpSink): SrtpTarget {
  return { port, keyAndSalt: randomBytes(30) };
}
