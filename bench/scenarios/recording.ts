import { setTimeout as sleep } from 'node:timers/promises';
import type { AudioCodec } from '../../test/support/camera/sound-formats.js';
import { inspectClip } from '../../test/support/clip.js';
import { findBox } from '../../test/support/clip/boxes.js';
import type { RecordingReceiver } from '../../test/support/controller/recording-receiver.js';
import { FootageIndex } from '../measure/footage-index.js';
import { median, spread, summarise } from '../measure/statistics.js';
import type { Bench, Row, Scenario } from '../scenario.js';
import { beginRecording, pastIsThere, recordingIsOver, stageArmedCamera, type ArmedCamera } from '../stage/armed-camera.js';
import { keyframeMs } from '../stage/cameras.js';

interface SoundCase {
  readonly audio: AudioCodec;
  readonly name: string;
  /** FFmpegs that a recording may start. */
  readonly processes: number;
}

const sounds: readonly SoundCase[] = [
  { audio: 'none', name: 'no sound', processes: 0 },
  { audio: 'aac32', name: 'AAC 32 kHz', processes: 0 },
  { audio: 'pcmu', name: 'G.711', processes: 1 },
];
const asked = { initMs: 50, fragmentMs: 150, pastMs: 4_000 } as const;
/** An AAC frame of silence has a few bytes; the camera beeps once a second. */
const leastBytesOfBeep = 20;

/** How long a hub waits that wants to know what moved. */
export const recording: Scenario = {
  name: 'recording',
  title: 'from the hub asking for a recording to its first packets, how much past it gets, and what has to be started for it',
  linuxOnly: true,
  async run(bench) {
    const index = await FootageIndex.load(bench.ffmpeg.path);
    const rows: Row[] = [];
    for (const sound of sounds) {
      const openings = await measure(bench, sound, index);
      rows.push(...rowsOf(sound, openings));
      bench.say(`${sound.name}: ${openings.length} recordings begun`);
    }
    return rows;
  },
};

interface Opening {
  readonly initMs: number;
  /** Until the first fragment was there as a whole. */
  readonly fragmentMs: number;
  /** From the camera's sending of the first picture to the request. */
  readonly pastMs: number;
  readonly fragmentSeconds: number;
  readonly fragmentBytes: number;
  readonly addedProcesses: number;
}

async function measure(bench: Bench, { audio }: SoundCase, index: FootageIndex): Promise<Opening[]> {
  await using staged = await stageArmedCamera(bench, audio === 'none' ? {} : { audio });
  await pastIsThere(bench);
  // The first one of all runs uncompiled code and starts FFmpeg from a cold disk cache: not a sample.
  await open(staged, audio, index);
  const openings: Opening[] = [];
  while (openings.length < (bench.quick ? 4 : 20)) {
    // At random moments between two keyframes.
    await sleep(500 + Math.random() * keyframeMs, undefined, { signal: bench.signal });
    openings.push(await open(staged, audio, index));
  }
  return openings;
}

async function open(staged: ArmedCamera, audio: AudioCodec, index: FootageIndex): Promise<Opening> {
  const before = staged.home.processes();
  let opening: Opening;
  {
    await using begun = await beginRecording(staged);
    const added = staged.home.processes().filter((pid) => !before.includes(pid));
    opening = { ...(await read(begun, staged, audio, index)), addedProcesses: added.length };
    begun.close();
  }
  await recordingIsOver(staged);
  return opening;
}

/** Throws where the clip is not one of this camera, with its sound: that would be fast, too. */
async function read(begun: RecordingReceiver, { camera }: ArmedCamera, audio: AudioCodec, index: FootageIndex): Promise<Omit<Opening, 'addedProcesses'>> {
  const [initialization, fragment] = begun.packets;
  if (!initialization || !fragment) {
    throw new Error('The recording has no fragment.');
  }
  const { fragments } = inspectClip([initialization.data, fragment.data]);
  const runs = fragments[0]?.runs ?? [];
  const video = runs.find(({ kind }) => kind === 'video');
  const counter = index.counterOfSample(findBox(fragment.data, 'mdat').subarray(0, video?.sizes[0]));
  const sentMs = counter === undefined ? undefined : await camera.sentAt(counter);
  if (sentMs === undefined || !video) {
    throw new Error('The recording does not begin with a picture that the camera sent: is it converted?');
  }
  const beeps = runs.some(({ kind, sizes }) => kind === 'audio' && sizes.some((bytes) => bytes > leastBytesOfBeep));
  if (beeps !== (audio !== 'none')) {
    throw new Error(audio === 'none' ? 'The recording has sound, and the camera has not.' : 'The first fragment has silence in place of the camera\'s sound.');
  }
  return {
    initMs: initialization.completeMs - begun.openedMs,
    fragmentMs: fragment.completeMs - begun.openedMs,
    pastMs: begun.openedMs - sentMs,
    fragmentSeconds: video.endSeconds - video.startSeconds,
    fragmentBytes: fragment.data.length,
  };
}

function rowsOf({ name, processes }: SoundCase, openings: readonly Opening[]): Row[] {
  const of = (key: keyof Opening): number[] => openings.map((opening) => opening[key]);
  const { median: fragmentMs, p95 } = summarise(of('fragmentMs'));
  const holds = `holds ${median(of('fragmentSeconds')).toFixed(1)} s, ${(median(of('fragmentBytes')) / 1e6).toFixed(1)} MB`;
  return [
    { what: `${name}: initialization, median`, value: median(of('initMs')), unit: 'ms', atMost: asked.initMs, remark: spread(of('initMs')) },
    { what: `${name}: first whole fragment, median`, value: fragmentMs, unit: 'ms', atMost: asked.fragmentMs, remark: `${spread(of('fragmentMs'))}, p95 ${Math.round(p95)}; ${holds}` },
    { what: `${name}: begins before the request, least`, value: summarise(of('pastMs')).min, unit: 'ms', atLeast: asked.pastMs, remark: spread(of('pastMs')) },
    { what: `${name}: processes started, most`, value: summarise(of('addedProcesses')).max, unit: 'processes', atMost: processes, remark: 'all have ended before the next recording' },
  ];
}
