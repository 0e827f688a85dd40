import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { SrtcpSession, SrtpSession } from 'werift-rtp';
import { readRtcp, type SenderReport } from './rtcp.js';
import { SequenceTracker, type SequenceGap } from './sequence-tracker.js';

/** An SRTP master key of 16 and a salt of 14 bytes, for AES_CM_128_HMAC_SHA1_80. */
export interface SrtpKeys {
  readonly key: Buffer;
  readonly salt: Buffer;
}

/** A key and a salt for one session. */
export function randomKeys(): SrtpKeys {
  return { key: randomBytes(16), salt: randomBytes(14) };
}

/** What the header of a received RTP packet says. */
export interface RtpPacketFacts {
  /** On `performance.now()`'s clock. */
  readonly arrivalMs: number;
  /** The whole UDP payload: header, payload and SRTP tag. */
  readonly bytes: number;
  readonly ssrc: number;
  readonly payloadType: number;
  readonly marker: boolean;
  /** Extended beyond 16 bits, per SSRC. */
  readonly sequence: number;
  readonly timestamp: number;
}

/** A packet with its decrypted payload. */
export interface RtpPacket extends RtpPacketFacts {
  readonly payload: Buffer;
}

/** A report with its arrival on `performance.now()`'s clock. */
export type ArrivedSenderReport = SenderReport & { readonly arrivalMs: number };

/** What came in so far. */
export interface RtpStatistics {
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  readonly gaps: readonly SequenceGap[];
  readonly reordered: number;
  readonly duplicates: number;
  /** In the order of their first packets: more than one means that the sender changed its SSRC. */
  readonly ssrcs: readonly number[];
  readonly largestPacket: number;
  /** RFC 3550 A.8, in units of the RTP clock, of the last SSRC. */
  readonly jitter: number;
  /** RTP and RTCP packets that were not made with the key. */
  readonly authFailures: number;
}

interface Source {
  readonly tracker: SequenceTracker;
  jitter: number;
  transit: number | undefined;
}

/**
 * A UDP socket that receives one SRTP stream with its SRTCP. The socket handler only notes bytes and time; headers are
 * read and payloads decrypted when somebody asks, so that this process's work does not shift the arrival times.
 */
export class RtpCapture {
  /** Packets for which this says true never arrived: a lossy network. */
  loseWhen: ((data: Buffer) => boolean) | undefined;
  /** Called once the last packet of a picture came, while `eager`. */
  onPictureEnd: (() => void) | undefined;
  eager = false;

  private raw: { data: Buffer; arrivalMs: number }[] = [];
  private encrypted: { facts: RtpPacketFacts; data: Buffer }[] = [];
  private readonly facts: RtpPacketFacts[] = [];
  private readonly reports: ArrivedSenderReport[] = [];
  private readonly goodbyes: { readonly ssrc: number; readonly arrivalMs: number }[] = [];
  private readonly sources = new Map<number, Source>();
  private authFailures = 0;
  private bytes = 0;
  private srtp: SrtpSession | undefined;
  private srtcp: SrtcpSession | undefined;

  private constructor(readonly socket: Socket, readonly address: string, private readonly clockRate: number) {
    socket.on('message', (data) => {
      if (this.loseWhen?.(data)) {
        return;
      }
      this.raw.push({ data, arrivalMs: performance.now() });
      if (this.eager && isPictureEnd(data)) {
        this.onPictureEnd?.();
      }
    });
    socket.on('error', () => undefined);
    // A test that failed half-way must not keep its process alive.
    socket.unref();
  }

  /** Opens a socket on loopback. `clockRate`: the RTP clock, for the jitter. */
  static async open(ipVersion: 'ipv4' | 'ipv6' = 'ipv4', clockRate = 90_000): Promise<RtpCapture> {
    const socket = createSocket(ipVersion === 'ipv6' ? 'udp6' : 'udp4');
    const address = ipVersion === 'ipv6' ? '::1' : '127.0.0.1';
    socket.bind(0, address);
    await once(socket, 'listening');
    try {
      socket.setRecvBufferSize(8 << 20);
    } catch {
      // The system's limit is lower; what it has must do.
    }
    return new RtpCapture(socket, address, clockRate);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The sender's keys; nothing is decrypted before they are known. */
  useKeys(keys: SrtpKeys): void {
    this.srtp = new SrtpSession(weriftConfig(keys));
    this.srtcp = new SrtcpSession(weriftConfig(keys));
  }

  /** The headers of all RTP packets so far. */
  packets(): readonly RtpPacketFacts[] {
    this.readHeaders();
    return this.facts;
  }

  /** Sender reports so far. */
  senderReports(): readonly ArrivedSenderReport[] {
    this.readHeaders();
    return this.reports;
  }

  /** Goodbyes so far. */
  byes(): readonly { readonly ssrc: number; readonly arrivalMs: number }[] {
    this.readHeaders();
    return this.goodbyes;
  }

  statistics(): RtpStatistics {
    this.readHeaders();
    const trackers = [...this.sources.values()].map(({ tracker }) => tracker);
    const sum = (of: (tracker: SequenceTracker) => number): number => trackers.reduce((total, tracker) => total + of(tracker), 0);
    return {
      packets: this.facts.length,
      bytes: this.bytes,
      lost: sum((tracker) => tracker.lost),
      gaps: trackers.flatMap((tracker) => tracker.gaps()),
      reordered: sum((tracker) => tracker.reordered),
      duplicates: sum((tracker) => tracker.duplicates),
      ssrcs: [...this.sources.keys()],
      largestPacket: this.facts.reduce((largest, { bytes }) => Math.max(largest, bytes), 0),
      jitter: [...this.sources.values()].at(-1)?.jitter ?? 0,
      authFailures: this.authFailures,
    };
  }

  /** The sequence numbers and the jitter of the SSRC that sent last. */
  currentSource(): { readonly ssrc: number; readonly tracker: SequenceTracker; readonly jitter: number } | undefined {
    this.readHeaders();
    const ssrc = this.facts.at(-1)?.ssrc;
    const source = ssrc === undefined ? undefined : this.sources.get(ssrc);
    return ssrc === undefined || !source ? undefined : { ssrc, tracker: source.tracker, jitter: source.jitter };
  }

  /** Decrypts what came since the last call, in order of arrival. What does not fit the key is counted and left out. */
  takePayloads(): RtpPacket[] {
    this.readHeaders();
    const { srtp } = this;
    if (!srtp) {
      return [];
    }
    const waiting = this.encrypted;
    this.encrypted = [];
    return waiting.flatMap(({ facts, data }) => {
      try {
        return [{ ...facts, payload: payloadOf(srtp.decrypt(data)) }];
      } catch {
        this.authFailures += 1;
        return [];
      }
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.close(() => resolve());
    });
  }

  private readHeaders(): void {
    const waiting = this.raw;
    this.raw = [];
    for (const { data, arrivalMs } of waiting) {
      if (isRtcp(data)) {
        this.readRtcp(data, arrivalMs);
      } else if (data.length >= 12) {
        this.readRtpHeader(data, arrivalMs);
      }
    }
  }

  private readRtpHeader(data: Buffer, arrivalMs: number): void {
    const second = data.readUInt8(1);
    const ssrc = data.readUInt32BE(8);
    const timestamp = data.readUInt32BE(4);
    const source = this.sources.get(ssrc) ?? { tracker: new SequenceTracker(), jitter: 0, transit: undefined };
    this.sources.set(ssrc, source);
    const sequence = source.tracker.add(data.readUInt16BE(2));
    this.countJitter(source, arrivalMs, timestamp);
    const facts: RtpPacketFacts = { arrivalMs, bytes: data.length, ssrc, payloadType: second & 0x7f, marker: second >= 0x80, sequence, timestamp };
    this.bytes += data.length;
    this.facts.push(facts);
    this.encrypted.push({ facts, data });
  }

  private countJitter(source: Source, arrivalMs: number, timestamp: number): void {
    const transit = (arrivalMs * this.clockRate) / 1000 - timestamp;
    if (source.transit !== undefined) {
      const difference = Math.abs(transit - source.transit);
      // A timestamp that wrapped says nothing about the network.
      source.jitter += difference > 2 ** 31 ? 0 : (difference - source.jitter) / 16;
    }
    source.transit = transit;
  }

  private readRtcp(data: Buffer, arrivalMs: number): void {
    try {
      const contents = this.srtcp ? readRtcp(this.srtcp.decrypt(data)) : undefined;
      this.reports.push(...(contents?.senderReports ?? []).map((report) => ({ ...report, arrivalMs })));
      this.goodbyes.push(...(contents?.byes ?? []).map((ssrc) => ({ ssrc, arrivalMs })));
    } catch {
      this.authFailures += 1;
    }
  }
}

/** werift wants both directions; a session of ours only ever uses one of them. */
export function weriftConfig({ key, salt }: SrtpKeys): ConstructorParameters<typeof SrtpSession>[0] {
  return { keys: { localMasterKey: key, localMasterSalt: salt, remoteMasterKey: key, remoteMasterSalt: salt }, profile: 1 };
}

/** RFC 5761 4: on a shared port a second byte of 192 to 223 is RTCP. */
function isRtcp(data: Buffer): boolean {
  const second = data[1] ?? 0;
  return second >= 192 && second <= 223;
}

/** The marker bit, which is not encrypted, ends an access unit (RFC 6184 5.1). */
function isPictureEnd(data: Buffer): boolean {
  return (data[1] ?? 0) >= 0x80 && !isRtcp(data);
}

/** RFC 3550 5.1: after contributing sources and extension, without padding. */
function payloadOf(packet: Buffer): Buffer {
  const first = packet.readUInt8(0);
  let start = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    start += 4 + packet.readUInt16BE(start + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : packet.readUInt8(packet.length - 1);
  return packet.subarray(start, packet.length - padding);
}
