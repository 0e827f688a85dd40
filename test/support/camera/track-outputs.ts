import type { Socket as DatagramSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Burst } from './rtp-burst.js';
import { interleaved } from './rtp-burst.js';
import type { Counts } from './statistics.js';

/** Where one track of one client's session goes. */
export interface TrackOutput {
  send(burst: Burst): void;
  sendReport(packet: Buffer): void;
  sendGarbage(bytes: Buffer): void;
  close(): void;
}

/** A client that has this much unread loses frames until it reads again. */
const slowClientBytes = 4 * 1024 * 1024;

/** RTP within the RTSP connection (RFC 2326 10.12): one write per access unit. */
export class InterleavedOutput implements TrackOutput {
  constructor(
    private readonly socket: Writable,
    private readonly rtpChannel: number,
    private readonly rtcpChannel: number,
    private readonly counts: Counts,
  ) {}

  send(burst: Burst): void {
    if (this.socket.writableLength > slowClientBytes) {
      this.counts.framesDropped += 1;
      return;
    }
    this.socket.write(burst.onChannel(this.rtpChannel));
    this.counts.packetsSent += burst.packetCount;
  }

  sendReport(packet: Buffer): void {
    this.socket.write(interleaved(this.rtcpChannel, packet));
  }

  sendGarbage(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  close(): void {
    // The connection belongs to the session.
  }
}

/** The camera's own UDP ports: an even one for RTP and the next for RTCP, shared by all sessions. */
export class DatagramPorts {
  private constructor(
    readonly rtp: DatagramSocket,
    readonly rtcp: DatagramSocket,
  ) {}

  static async open(host: string): Promise<DatagramPorts> {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const rtp = await bound(host, 20_000 + 2 * Math.floor(Math.random() * 20_000));
      const rtcp = rtp && (await bound(host, rtp.address().port + 1));
      if (rtcp) {
        return new DatagramPorts(rtp, rtcp);
      }
      rtp?.close();
    }
    throw new Error('No two neighbouring UDP ports are free.');
  }

  get portRange(): string {
    return `${this.rtp.address().port}-${this.rtcp.address().port}`;
  }

  close(): void {
    this.rtp.close();
    this.rtcp.close();
  }
}

async function bound(host: string, port: number): Promise<DatagramSocket | undefined> {
  const socket = createSocket('udp4');
  socket.bind(port, host);
  try {
    await once(socket, 'listening');
  } catch {
    return undefined;
  }
  // Receiver reports and hole-punching packets are read and dropped; a client that is gone is noticed over TCP.
  socket.on('error', () => undefined);
  socket.on('message', () => undefined);
  return socket;
}

/** Packets handed to the kernel at once: a keyframe in one go would overflow the receiver's buffer, as no real network does. */
const packetsAtOnce = 24;

/** RTP over UDP to one client. */
export class DatagramOutput implements TrackOutput {
  private waiting: Buffer[] = [];
  private pacing: NodeJS.Timeout | undefined;

  constructor(
    private readonly ports: DatagramPorts,
    private readonly host: string,
    private readonly rtpPort: number,
    private readonly rtcpPort: number,
    private readonly counts: Counts,
  ) {}

  send(burst: Burst): void {
    this.waiting.push(...burst.packets());
    if (this.pacing === undefined) {
      this.sendSome();
    }
  }

  sendReport(packet: Buffer): void {
    this.ports.rtcp.send(packet, this.rtcpPort, this.host);
  }

  sendGarbage(bytes: Buffer): void {
    this.ports.rtp.send(bytes, this.rtpPort, this.host);
  }

  close(): void {
    clearTimeout(this.pacing);
    this.waiting = [];
  }

  private sendSome(): void {
    const now = this.waiting.splice(0, packetsAtOnce);
    for (const packet of now) {
      this.ports.rtp.send(packet, this.rtpPort, this.host);
    }
    this.counts.packetsSent += now.length;
    this.pacing = this.waiting.length > 0 ? setTimeout(() => this.sendSome(), 1) : undefined;
  }
}
