import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { LiveReceiver } from '../../test/support/controller/live-receiver.js';
import { measureCpu, type CpuUse } from '../measure/cpu-window.js';
import { median, spread } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { stageHomebridge } from '../stage/homebridge.js';
import { stagePlainIngestEncode } from '../stage/plain-ffmpeg.js';

const seen = { codec: 'mjpeg', width: 1280, height: 720, fps: 30, pixelFormat: 'yuvj422p' } as const;
const request = { width: 1280, height: 720, fps: 30, bitrateKbps: 1_500 } as const;
const viewerCount = 2;

/** What a camera costs that sends MJPEG, as most USB cameras do: its pictures are encoded once, for whoever watches, records and asks for snapshots. */
export const ingestEncode: Scenario = {
  name: 'ingest-encode',
  title: 'processor time of a 720p30 MJPEG camera that is encoded once at its ingest, unwatched and with two viewers, and a bare FFmpeg doing the same beside it',
  linuxOnly: true,
  async run(bench) {
    const folder = await mkdtemp(join(tmpdir(), 'camera-hub-bench-'));
    try {
      const file = join(folder, 'camera.mkv');
      await promisify(execFile)(bench.ffmpeg.path, ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=s=${seen.width}x${seen.height}:r=${seen.fps}:d=20`, '-pix_fmt', seen.pixelFormat, '-c:v', 'mjpeg', '-q:v', '5', file]);
      return rows(await measure(bench, ['-re', '-stream_loop', '-1', '-i', file]));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Windows = Readonly<Record<'unwatched' | 'watched' | 'plain', readonly CpuUse[]>>;

async function measure(bench: Bench, input: readonly string[]): Promise<Windows> {
  const { signal, quick } = bench;
  await using home = await stageHomebridge(bench, [{ name: 'Bench', source: `ffmpeg:${JSON.stringify(input)}`, liveVideo: 'auto', audio: false }]);
  await using plain = await stagePlainIngestEncode(bench, { kind: 'arguments', arguments: input }, seen);
  const controller = await home.controller('Bench');
  const found: Record<keyof Windows, CpuUse[]> = { unwatched: [], watched: [], plain: [] };
  const window = async (kind: 'unwatched' | 'watched'): Promise<void> => {
    await sleep(2_000, undefined, { signal });
    const use = await measureCpu({ home: [home.pid, ...home.ffmpegs()], plain: [plain.pid] }, quick ? 5_000 : 20_000, signal);
    found[kind].push(use.home);
    found.plain.push(use.plain);
  };
  await sleep(quick ? 3_000 : 20_000, undefined, { signal });
  for (let pair = 0; pair < (quick ? 1 : 4); pair++) {
    await window('unwatched');
    const lives: LiveReceiver[] = [];
    try {
      for (let viewer = 0; viewer < viewerCount; viewer++) {
        lives.push(await controller.startLive(request));
      }
      await window('watched');
    } finally {
      await Promise.all(lives.map((live) => live.stop()));
    }
  }
  return found;
}

function rows({ unwatched, watched, plain }: Windows): Row[] {
  const percent = (uses: readonly CpuUse[]): number[] => uses.map(({ cores }) => cores * 100);
  const [alone, seenBy, bare] = [percent(unwatched), percent(watched), percent(plain)];
  return [
    { what: 'connected, nobody watches', value: median(alone), unit: '% of a core', remark: `Homebridge and FFmpeg; ${spread(alone, 1, 'window')}` },
    { what: `${viewerCount} viewers at home`, value: median(seenBy), unit: '% of a core', remark: spread(seenBy, 1, 'window') },
    { what: 'a bare FFmpeg that decodes and encodes the same once', value: median(bare), unit: '% of a core', remark: spread(bare, 1, 'window') },
    { what: `${viewerCount} viewers, against one such FFmpeg for each`, value: median(seenBy) / (viewerCount * median(bare)), unit: 'times' },
  ];
}
