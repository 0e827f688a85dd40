import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { FormatError } from '../../media/format-error.js';
import { readViewerFeedback, writeGoodbye, writeSenderReport, type ViewerFeedback } from '../../media/rtcp.js';
import type { PacketSlab } from '../../media/rtp-slab.js';
import { SrtcpCodec, SrtpSender, srtpTagBytes, type SrtpKeys } from '../../media/srtp.js';

/** A keyframe leaves in one go; the socket must hold it when the network is slower. */
const sendBufferBytes = 1024 * 1024;

export interface RtpTransportOptions {
  readonly family: 'ipv4' | 'ipv6';
  readonly keys: SrtpKeys;
  readonly target: { readonly address: string; readonly port: number };
}

/** An RTP session with one viewer: a UDP port held from the moment it is announced, SRTP out, SRTCP both ways. */
export class RtpTransport implements AsyncDisposable {
  readonly ssrc = randomInt(1, 0x7fffffff);
  readonly port: number;
  /** Told what the viewer reports and asks for. */
  onFeedback: (feedback: ViewerFeedback) => void = () => undefined;
  /** Told the RTP packets that the viewer sends, as they are: encrypted. */
  onRtp: (packet: Buffer) => void = () => undefined;
  readonly #socket: Socket;
  readonly #target: { readonly address: string; readonly port: number };
  readonly #srtp: SrtpSender;
  readonly #srtcp: SrtcpCodec;
  #packets = 0;
  #payloadBytes = 0;
  #failedSends = 0;
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
    socket.on('message', (packet) => this.#receive(packet));
  }

  /** Packets handed to the system; slabs whose last packet it refused. */
  get statistics(): { readonly packets: number; readonly failedSlabs: number } {
    return { packets: this.#packets, failedSlabs: this.#failedSends };
  }

  /** What waits in this process for the network, in bytes. */
  get queuedBytes(): number {
    return this.#closed ? 0 : this.#socket.getSendQueueSize();
  }

  /** Encrypts the packets in place and sends them. */
  send(slab: PacketSlab): void {
    if (this.#closed) {
      return;
    }
    this.#srtp.protect(slab);
    const last = slab.spans.length - 1;
    slab.spans.forEach(({ start, end }, index) => {
      // A callback costs, so that only the last packet of a slab tells whether it could be sent.
      this.#socket.send(slab.buffer, start, end + srtpTagBytes - start, this.#target.port, this.#target.address, index === last ? this.#onSent : undefined);
    });
    this.#packets += slab.spans.length;
    this.#payloadBytes += slab.payloadBytes;
  }

  /** Sends a sender report (RFC 3550 6.4.1). @param rtpTime of `nowMs`, process clock: what ties this session's clock to those of the others. */
  report(nowMs: number, rtpTime: number): void {
    const report = { ssrc: this.ssrc, wallClockMs: performance.timeOrigin + nowMs, rtpTime: rtpTime >>> 0, packets: this.#packets, payloadBytes: this.#payloadBytes };
    this.#sendRtcp(writeSenderReport(report, 'camera-hub'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) {
      return;
    }
    if (this.#packets > 0) {
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

  #sendRtcp(packet: Buffer): void {
    if (!this.#closed) {
      this.#socket.send(this.#srtcp.protect(packet), this.#target.port, this.#target.address);
    }
  }

  /** RFC 5761 4 tells RTP from RTCP. */
  #receive(packet: Buffer): void {
    const type = packet[1] ?? 0;
    if (type < 192 || type > 223) {
      this.onRtp(packet);
      return;
    }
    const feedback = this.#readFeedback(packet);
    if (feedback) {
      this.onFeedback(feedback);
    }
  }

  #readFeedback(packet: Buffer): ViewerFeedback | undefined {
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
