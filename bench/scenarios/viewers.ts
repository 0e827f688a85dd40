import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveReceiver } from '../../test/support/controller/live-receiver.js';
import { measureCpu } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { stageCamera } from '../stage/cameras.js';
import { stageHomebridge, type StagedHomebridge } from '../stage/homebridge.js';
import { stagePlainCopy, stagePlainSrtp, type PlainFfmpeg } from '../stage/plain-ffmpeg.js';
import { stageUdpSink, type UdpSink } from '../stage/udp-sink.js';

const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 299 } as const;
/** In this order: without viewers at the beginning and at the end, to see whether anything drifts. */
const steps = [0, 1, 2, 4, 0] as const;
const settleMs = 3_000;
const asked = { percentPerViewer: 2 } as const;

/** One window with some viewers. */
interface Step {
  readonly viewers: number;
  readonly homebridgePercent: number;
  readonly packets: number;
  readonly cpuMs: number;
  readonly windowMs: number;
  /** FFmpeg copying only, and FFmpeg copying, encrypting and sending: both beside it all the time. */
  readonly plainMs: number;
  readonly srtpMs: number;
  readonly srtpPackets: number;
}

/** What each further viewer costs whose picture is copied. */
export const viewers: Scenario = {
  name: 'viewers',
  title: 'processor time that copied views add to the Homebridge process, and FFmpeg doing the same beside it',
  linuxOnly: true,
  async run(bench) {
    await using camera = await stageCamera(bench);
    await using sink = await stageUdpSink();
    await using home = await stageHomebridge(bench, [{ name: 'Bench', source: camera.url() }]);
    await using plain = await stagePlainCopy(bench, camera.url());
    await using srtp = await stagePlainSrtp(bench, camera.url(), { port: sink.port, keyAndSalt: randomBytes(30) });
    const controller = await home.controller('Bench');
    const measured: Step[] = [];
    let lives: LiveReceiver[] = [];
    try {
      // What runs for each packet is compiled before anything is measured, else the first viewer would pay for all.
      lives.push(await controller.startLive(request));
      await sleep(bench.quick ? 3_000 : 20_000, undefined, { signal: bench.signal });
      for (const count of steps) {
        while (lives.length < count) {
          lives.push(await controller.startLive(request));
        }
        if (count === 0) {
          await stopAll(lives);
          lives = [];
        }
        await sleep(settleMs, undefined, { signal: bench.signal });
        measured.push(await measureStep(bench, lives, { home, plain, srtp, sink }));
      }
    } finally {
      await stopAll(lives);
    }
    return rows(measured);
  },
};

interface Processes {
  readonly home: StagedHomebridge;
  readonly plain: PlainFfmpeg;
  readonly srtp: PlainFfmpeg;
  readonly sink: UdpSink;
}

async function measureStep({ quick, signal, say }: Bench, lives: readonly LiveReceiver[], { home, plain, srtp, sink }: Processes): Promise<Step> {
  const windowMs = quick ? 6_000 : 20_000;
  const sinkBefore = await sink.received();
  const before = packetsOf(lives);
  const cpu = await measureCpu({ homebridge: [home.pid], plain: [plain.pid], srtp: [srtp.pid] }, windowMs, signal);
  const packets = packetsOf(lives) - before;
  const step: Step = {
    viewers: lives.length,
    homebridgePercent: cpu.homebridge.cores * 100,
    packets,
    cpuMs: cpu.homebridge.cpuMs,
    windowMs,
    plainMs: cpu.plain.cpuMs,
    srtpMs: cpu.srtp.cpuMs,
    srtpPackets: (await sink.received()) - sinkBefore,
  };
  say(`${step.viewers} viewers: Homebridge ${step.homebridgePercent.toFixed(2)} % of a core, ${packets} packets`);
  return step;
}

function packetsOf(lives: readonly LiveReceiver[]): number {
  return lives.reduce((sum, live) => sum + live.video.capture.statistics().packets, 0);
}

async function stopAll(lives: readonly LiveReceiver[]): Promise<void> {
  await Promise.all(lives.map((live) => live.stop()));
}

function rows(measured: readonly Step[]): Row[] {
  const without = measured.filter(({ viewers: count }) => count === 0);
  const zeroPercent = median(without.map(({ homebridgePercent }) => homebridgePercent));
  const zeroMs = median(without.map(({ cpuMs }) => cpuMs));
  const watched = measured.filter(({ viewers: count }) => count > 0);
  const perViewer = watched.map((step): Row => {
    const remark = `Homebridge ${step.homebridgePercent.toFixed(2)} %, ${Math.round((step.packets / step.windowMs / step.viewers) * 1000)} packets/s each`;
    return { what: `each of ${step.viewers} viewers adds`, value: (step.homebridgePercent - zeroPercent) / step.viewers, unit: '% of a core', atMost: asked.percentPerViewer, remark };
  });
  const perPacket = watched.map((step) => ((step.cpuMs - zeroMs) * 1000) / step.packets);
  const srtpUs = measured.map(({ srtpMs, plainMs, srtpPackets }) => ((srtpMs - plainMs) * 1000) / srtpPackets);
  const srtpPercent = measured.map(({ srtpMs, plainMs, windowMs }) => ((srtpMs - plainMs) * 100) / windowMs);
  return [
    ...perViewer,
    { what: 'Homebridge process without viewers', value: zeroPercent, unit: '% of a core', remark: spread(without.map(({ homebridgePercent }) => homebridgePercent), 2, 'window') },
    { what: 'a sent packet costs Homebridge', value: median(perPacket), unit: 'µs', remark: `with ${watched.map(({ viewers: count }) => count).join(', ')} viewers: ${perPacket.map((us) => us.toFixed(1)).join(', ')}` },
    { what: 'FFmpeg doing the same in C adds', value: median(srtpPercent), unit: '% of a core', remark: `${spread(srtpPercent, 2, 'window')}; on top of an FFmpeg that only copies` },
    { what: 'a sent packet costs FFmpeg', value: median(srtpUs), unit: 'µs', remark: `${spread(srtpUs, 1, 'window')}, ${Math.round(median(measured.map(({ srtpPackets, windowMs }) => (srtpPackets / windowMs) * 1000)))} packets/s` },
  ];
}
