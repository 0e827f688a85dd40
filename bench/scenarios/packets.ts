import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RtpPacket, SrtpSession } from 'werift-rtp';
import type { AccessUnit } from '../../src/media/access-unit.js';
import { joinNals } from '../../src/media/nal.js';
import { H264Packetizer } from '../../src/media/rtp-h264.js';
import type { PacketSlab } from '../../src/media/rtp-slab.js';
import { SrtpSender, srtpTagBytes } from '../../src/media/srtp.js';
import { videoFormatFromParameterSets } from '../../src/media/video-format.js';
import { loadFootage } from '../../test/support/camera/footage.js';
import { weriftConfig } from '../../test/support/controller/rtp-capture.js';
import { ownCpuUs, ownCpuUsOf } from '../measure/own-cpu.js';
import { median, spread } from '../measure/statistics.js';
import type { Row, Scenario } from '../scenario.js';
import { stageUdpSink } from '../stage/udp-sink.js';

/** Until the compiler has seen what there is to see. */
const warmUpRounds = 3;
const masterKey = randomBytes(16);
const masterSalt = randomBytes(14);

/** Where the time of a sent packet goes, alone in this process: cutting up, encrypting, handing to the system. */
export const packets: Scenario = {
  name: 'packets',
  title: 'processor time of each step on the way from an access unit to the network, over 20 s of footage',
  linuxOnly: false,
  async run({ ffmpeg, quick, signal }) {
    const rounds = quick ? 3 : 12;
    const units = await footageUnits(ffmpeg.path);
    const measured: Record<'packetise' | 'protect' | 'send' | 'werift', number[]> = { packetise: [], protect: [], send: [], werift: [] };
    await using sink = await stageUdpSink();
    const socket = createSocket({ type: 'udp4', lookup: (address, _options, callback) => callback(null, address, 4) });
    const listening = once(socket, 'listening');
    socket.bind(0);
    await listening;
    const srtp = new SrtpSender({ masterKey, masterSalt });
    const werift = new SrtpSession(weriftConfig({ key: masterKey, salt: masterSalt }));
    const packetizer = new H264Packetizer({ ssrc: 1, payloadType: 99, maxPacketBytes: 1200, firstSequence: 0 });
    try {
      for (let round = -warmUpRounds; round < rounds && !signal.aborted; round++) {
        let slabs: PacketSlab[] = [];
        const packetiseUs = ownCpuUs(() => (slabs = units.map((unit, index) => packetizer.packetize(unit, index * 3000))));
        const count = slabs.reduce((sum, { spans }) => sum + spans.length, 0);
        const plain = slabs.flatMap((slab) => slab.spans.map(({ start, end }) => RtpPacket.deSerialize(Buffer.from(slab.buffer.subarray(start, end)))));
        const weriftUs = ownCpuUs(() => plain.forEach(({ payload, header }) => werift.encrypt(payload, header)));
        const protectUs = ownCpuUs(() => slabs.forEach((slab) => srtp.protect(slab)));
        const sendUs = await cpuOfSending(slabs, (slab) => sendSlab(socket, slab, sink.port));
        if (round >= 0) {
          measured.packetise.push(packetiseUs / count);
          measured.protect.push(protectUs / count);
          measured.werift.push(weriftUs / count);
          measured.send.push(sendUs / count);
        }
      }
    } finally {
      socket.close();
    }
    signal.throwIfAborted();
    return rows(measured);
  },
};

function rows({ packetise, protect, send, werift }: Readonly<Record<'packetise' | 'protect' | 'send' | 'werift', readonly number[]>>): Row[] {
  const row = (what: string, samples: readonly number[]): Row => ({ what, value: median(samples), unit: 'µs', remark: spread(samples, 1, 'round') });
  return [
    row('cutting into packets, per packet', packetise),
    row('SRTP (AES-CM 128, HMAC-SHA1 80), per packet', protect),
    row('the same with werift-rtp, per packet', werift),
    row('handing to the system (UDP, loopback), per packet', send),
  ];
}

/** The simulated camera's pictures as the pipeline has them. */
async function footageUnits(ffmpegPath: string): Promise<AccessUnit[]> {
  const footage = await loadFootage({}, ffmpegPath);
  const format = videoFormatFromParameterSets('h264', footage.parameterSets);
  return footage.units.map(({ nalUnits, keyframe, pts90k }) => ({ format, data: joinNals(nalUnits), keyframe, timeMs: pts90k / 90, decodeTimeMs: pts90k / 90 }));
}

/** A picture in each turn of the event loop, as with a real view. */
function cpuOfSending(slabs: readonly PacketSlab[], send: (slab: PacketSlab) => void): Promise<number> {
  return ownCpuUsOf(async () => {
    for (const slab of slabs) {
      send(slab);
      await nextTurn();
    }
  });
}

function sendSlab(socket: ReturnType<typeof createSocket>, { buffer, spans }: PacketSlab, port: number): void {
  for (const { start, end } of spans) {
    socket.send(buffer, start, end + srtpTagBytes - start, port, '127.0.0.1');
  }
}
