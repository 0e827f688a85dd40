import { parseH264Sps } from '../../../src/media/h264-sps.js';
import type { ReceivedUnit } from './access-units.js';
import type { LiveReceiver } from './live-receiver.js';

const windowMs = 2_000;
const h264Sps = 7;

/** What shows whether a view was one RTP session from its beginning to its end. */
export interface SessionFacts {
  readonly sources: number;
  readonly lost: number;
  readonly reordered: number;
  readonly authFailures: number;
  /** Pictures whose RTP time is not later than that of the one before. */
  readonly backInTime: number;
}

/** One source, numbers without a gap, times that rise. */
export const unbrokenSession: SessionFacts = { sources: 1, lost: 0, reordered: 0, authFailures: 0, backInTime: 0 };

export function sessionFacts(live: LiveReceiver): SessionFacts {
  const { ssrcs, lost, reordered, authFailures } = live.video.capture.statistics();
  const units = live.units();
  const backInTime = units.filter(({ timestamp }, index) => index > 0 && ((timestamp - (units[index - 1]?.timestamp ?? 0)) | 0) <= 0).length;
  return { sources: ssrcs.length, lost, reordered, authFailures, backInTime };
}

/** The longest time between the arrivals of two pictures. */
export function longestPauseMs(units: readonly ReceivedUnit[]): number {
  return units.slice(1).reduce((longest, { lastArrivalMs }, index) => Math.max(longest, lastArrivalMs - (units[index]?.lastArrivalMs ?? lastArrivalMs)), 0);
}

/**
 * The bitrate of the busiest 2 s, of what arrived between two moments: all of the RTP packets, with headers and tags. The 2 s are of
 * RTP time, which is when they were to be sent: a machine with other things to do sends them late, and then in a bunch.
 */
export function busiestKbps(live: LiveReceiver, fromMs = -Infinity, toMs = Infinity): number {
  const packets = live.video.capture.packets().filter(({ arrivalMs }) => arrivalMs >= fromMs && arrivalMs < toMs);
  const start = packets[0]?.timestamp ?? 0;
  const dueMs = (timestamp: number): number => ((timestamp - start) | 0) / 90;
  let [sum, busiest, oldest] = [0, 0, 0];
  for (const { bytes, timestamp } of packets) {
    sum += bytes;
    for (let first = packets[oldest]; first && dueMs(first.timestamp) <= dueMs(timestamp) - windowMs; first = packets[oldest]) {
      sum -= first.bytes;
      oldest += 1;
    }
    busiest = Math.max(busiest, sum);
  }
  return (busiest * 8) / windowMs;
}

/** Numbers of the pictures from which on the view has another sequence parameter set: another size, or another encoder's. */
export function formatChanges(units: readonly ReceivedUnit[]): number[] {
  let known: string | undefined;
  return units.flatMap((unit, index) => {
    const set = sequenceParameterSet(unit);
    const changed = set !== undefined && known !== undefined && set !== known;
    known = set ?? known;
    return changed ? [index] : [];
  });
}

/** Heights of the pictures in pixels, each change once. */
export function heightsOf(units: readonly ReceivedUnit[]): number[] {
  const heights = units.flatMap((unit) => {
    const set = sequenceParameterSet(unit);
    return set === undefined ? [] : [parseH264Sps(Buffer.from(set, 'latin1')).height];
  });
  return heights.filter((height, index) => height !== heights[index - 1]);
}

function sequenceParameterSet({ annexB }: ReceivedUnit): string | undefined {
  const nals = annexB.toString('latin1').split('\0\0\0\x01').slice(1);
  return nals.find((nal) => (nal.charCodeAt(0) & 0x1f) === h264Sps);
}
