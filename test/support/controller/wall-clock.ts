import type { SenderReport } from './rtcp.js';

/**
 * What the sender's clock showed at an RTP time, in milliseconds since 1970, by the report nearest to that time (RFC 3550 6.4.1): what sound and
 * picture are put together by. Pure. Throws where nothing was reported of the source.
 */
export function wallClock(reports: readonly SenderReport[], ssrc: number, clockRate: number): (timestamp: number) => number {
  const own = reports.filter((report) => report.ssrc === ssrc);
  return (timestamp) => {
    const sinceReports = own.map(({ wallMs, rtpTimestamp }) => ({ wallMs, ticks: (timestamp - rtpTimestamp) | 0 }));
    const [nearest] = sinceReports.sort((one, other) => Math.abs(one.ticks) - Math.abs(other.ticks));
    if (!nearest) {
      throw new Error(`There is no sender report of source ${ssrc}.`);
    }
    return nearest.wallMs + (nearest.ticks * 1000) / clockRate;
  };
}
