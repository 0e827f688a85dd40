/** What a sender report says about one track at one moment (RFC 3550 6.4.1). */
export interface SenderFacts {
  readonly ssrc: number;
  /** Wall clock in milliseconds since 1970. */
  readonly wallMs: number;
  /** The RTP time of that moment. */
  readonly timestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Seconds between 1900 (NTP) and 1970. */
const ntpOffsetSeconds = 2_208_988_800;
const name = Buffer.from('simulated-camera');

/** A sender report and the source description that each RTCP packet must carry (RFC 3550 6.1). */
export function senderReport({ ssrc, wallMs, timestamp, packets, bytes }: SenderFacts): Buffer {
  const report = Buffer.alloc(28);
  report.set([0x80, 200, 0, 6]);
  report.writeUInt32BE(ssrc, 4);
  const seconds = Math.floor(wallMs / 1000);
  report.writeUInt32BE((seconds + ntpOffsetSeconds) >>> 0, 8);
  report.writeUInt32BE(Math.floor((wallMs / 1000 - seconds) * 2 ** 32) >>> 0, 12);
  report.writeUInt32BE(timestamp >>> 0, 16);
  report.writeUInt32BE(packets >>> 0, 20);
  report.writeUInt32BE(bytes >>> 0, 24);
  // CNAME, its length, the name, then at least one zero byte up to a multiple of four.
  const chunk = Buffer.alloc(Math.ceil((4 + 2 + name.length + 1) / 4) * 4);
  chunk.writeUInt32BE(ssrc, 0);
  chunk.set([1, name.length], 4);
  chunk.set(name, 6);
  return Buffer.concat([report, Uint8Array.of(0x81, 202, 0, chunk.length / 4), chunk]);
}
