import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import type { AccessUnit } from '../../media/access-unit.js';
import { FormatError } from '../../media/format-error.js';
import { readViewerFeedback, writeGoodbye, writeSenderReport, type ViewerFeedback } from '../../media/rtcp.js';
import { H264Packetizer } from '../../media/rtp-h264.js';
import { SrtcpCodec, SrtpSender, srtpTagBytes, type SrtpKeys } from '../../media/srtp.js';

/** The RTP clock of video (RFC 6184 8.1). */
const ticksPerMs = 90;
/** Larger packets gain nothing and get lost in tunnels. */
const carefulPacketBytes = 1200;
const smallestPacketBytes = 200;
/** A keyframe leaves in one go; the socket must hold it when the network is slower. */
const sendBufferBytes = 1024 * 1024;
/** Beyond this, what waits in this process for the network is so late that pictures are left out up to the next keyframe. */
const mostQueuedBytes = 4 * 1024 * 1024;

export interface RtpTransportOptions {
  readonly family: 'ipv4' | 'ipv6';
  readonly keys: SrtpKeys;
  readonly target: { readonly address: string; readonly port: number };
}

/** What is known only when the viewer starts. */
export interface RtpStart {
  readonly payloadType: number;
  /** As the viewer asks; at most 1200 is used. */
  readonly mtu: number;
  /** The moment that RTP time starts to run from, process clock. */
  readonly startMs: number;
}

/** The RTP session with one viewer: a UDP port held from the moment it is announced, SRTP out, SRTCP both ways. */
export class RtpTransport implements AsyncDisposable {
  readonly ssrc = randomInt(1, 0x7fffffff);
  readonly port: number;
  /** Told what the viewer reports and asks for. */
  onFeedback: (feedback: ViewerFeedback) => void = () => undefined;
  readonly #socket: Socket;
  readonly #target: { readonly address: string; readonly port: number };
  readonly #srtp: SrtpSender;
  readonly #srtcp: SrtcpCodec;
  readonly #rtpBase = randomInt(0, 0x7fffffff);
  #packetizer: H264Packetizer | undefined;
  #startMs = 0;
  #packets = 0;
  #payloadBytes = 0;
  #failedSends = 0;
  #skippedUnits = 0;
  #skipping = false;
  #closed = false;

  /** Binds a port on all addresses: the viewer's reports come to the address that it used. */
  static async open(options: RtpTransportOptions): Promise<RtpTransport> {
    const { address, port } = options.target;
    if (isIP(address.split('%')[0] ?? '') === 0 || port < 1 || port > 65_535) {
      throw new RangeError(`a viewer at ${address}, port ${port}, cannot be sent to`);
    }
    const socket = createSocket({
      type: options.family === 'ipv6' ? 'udp6' : 'udp4',
      // Targets are addresses already: no detour through a resolver for each packet.
      lookup: (address, _options, callback) => callback(null, address, options.family === 'ipv6' ? 6 : 4),
    });
    // Asked before: with this lookup the socket listens at once.
    const listening = once(socket, 'listening');
    socket.bind(0);
    await listening;
    try {
      socket.setSendBufferSize(sendBufferBytes);
    } catch {
      // Refused by the system: its default serves.
    }
    return new RtpTransport(socket, options);
  }

  private constructor(socket: Socket, { keys, target }: RtpTransportOptions) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#target = target;
    this.#srtp = new SrtpSender(keys);
    this.#srtcp = new SrtcpCodec(keys);
    socket.on('error', () => (this.#failedSends += 1));
    socket.on('message', (packet) => {
      const feedback = this.#read(packet);
      if (feedback) {
        this.onFeedback(feedback);
      }
    });
  }

  /** Packets handed to the system; pictures that it refused, and those left out because the network was too slow. */
  get statistics(): { readonly packets: number; readonly failedUnits: number; readonly skippedUnits: number } {
    return { packets: this.#packets, failedUnits: this.#failedSends, skippedUnits: this.#skippedUnits };
  }

  start({ payloadType, mtu, startMs }: RtpStart): void {
    this.#startMs = startMs;
    this.#packetizer = new H264Packetizer({
      ssrc: this.ssrc,
      payloadType,
      maxPacketBytes: Math.max(smallestPacketBytes, Math.min(mtu, carefulPacketBytes)),
      firstSequence: randomInt(0, 0x8000),
    });
  }

  /** Sends one picture; `plannedMs` becomes its RTP time. */
  send(unit: AccessUnit, plannedMs: number): void {
    if (!this.#packetizer || this.#closed) {
      return;
    }
    this.#skipping = this.#socket.getSendQueueSize() > mostQueuedBytes || (this.#skipping && !unit.keyframe);
    if (this.#skipping) {
      this.#skippedUnits += 1;
      return;
    }
    const slab = this.#packetizer.packetize(unit, this.#rtpTime(plannedMs));
    this.#srtp.protect(slab);
    const last = slab.spans.length - 1;
    slab.spans.forEach(({ start, end }, index) => {
      // A callback costs, so that only the last packet of a picture tells whether it could be sent.
      this.#socket.send(slab.buffer, start, end + srtpTagBytes - start, this.#target.port, this.#target.address, index === last ? this.#onSent : undefined);
    });
    this.#packets += slab.spans.length;
    this.#payloadBytes += slab.payloadBytes;
  }

  /** Sends a sender report; its two clocks are those of the pictures. */
  report(nowMs: number): void {
    const report = { ssrc: this.ssrc, wallClockMs: performance.timeOrigin + nowMs, rtpTime: this.#rtpTime(nowMs), packets: this.#packets, payloadBytes: this.#payloadBytes };
    this.#sendRtcp(writeSenderReport(report, 'camera-hub'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) {
      return;
    }
    if (this.#packetizer) {
      this.#sendRtcp(writeGoodbye(this.ssrc));
    }
    this.#closed = true;
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  readonly #onSent = (error: Error | null): void => {
    if (error) {
      this.#failedSends += 1;
    }
  };

  #rtpTime(ms: number): number {
    return (this.#rtpBase + Math.round((ms - this.#startMs) * ticksPerMs)) >>> 0;
  }

  #sendRtcp(packet: Buffer): void {
    if (!this.#closed) {
      this.#socket.send(this.#srtcp.protect(packet), this.#target.port, this.#target.address);
    }
  }

  /** The viewer's feedback; undefined for anything else that arrives at the port (RFC 5761 4 tells RTP from RTCP). */
  #read(packet: Buffer): ViewerFeedback | undefined {
    const type = packet[1] ?? 0;
    if (type < 192 || type > 223) {
      return undefined;
    }
    try {
      const plain = this.#srtcp.unprotect(packet);
      return plain && readViewerFeedback(plain);
    } catch (error) {
      if (error instanceof FormatError) {
        return undefined; // Not from our viewer, or damaged on the way.
      }
      throw error;
    }
  }
}
