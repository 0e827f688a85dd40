import { tmpdir } from 'node:os';
import type { AccessUnit } from '../../src/media/access-unit.js';
import type { AudioPacket } from '../../src/media/audio-packet.js';
import { parseCameraSource, type RtspTransport } from '../../src/media/camera-source.js';
import { CameraStream, type CameraStreamOptions } from '../../src/pipeline/camera-stream.js';
import { unturned } from '../../src/policy/picture-turn.js';
import type { Problem } from '../../src/problems.js';
import { softwareOf, testFfmpeg } from './test-ffmpeg.js';

/** The plugin's stream of any source, leased by a viewer who waits, with all that comes; it ends with it. */
export interface FollowedSource extends AsyncDisposable {
  readonly stream: CameraStream;
  readonly units: readonly AccessUnit[];
  /** When each of the units came. */
  readonly arrivals: readonly number[];
  readonly packets: readonly AudioPacket[];
  readonly problems: readonly Problem[];
  readonly soundProblems: readonly Problem[];
  readonly notes: readonly string[];
  /** Each line that its FFmpegs printed. */
  readonly lines: readonly string[];
  /** Fails where it takes longer than so long. */
  until(reached: () => boolean, ms?: number): Promise<void>;
}

export interface SourceSettings extends Partial<CameraStreamOptions> {
  readonly transport?: RtspTransport;
}

/** `text`: as in the option "source". */
export function followSource(text: string, { transport = 'tcp', ...options }: SourceSettings = {}): FollowedSource {
  const problems: Problem[] = [];
  const soundProblems: Problem[] = [];
  const notes: string[] = [];
  const lines: string[] = [];
  const stream = new CameraStream({
    name: 'main',
    source: parseCameraSource(text, transport),
    turn: unturned,
    hardware: softwareOf(),
    onNote: (note) => notes.push(note),
    sound: true,
    ffmpeg: testFfmpeg,
    idleTimeoutMs: 200,
    socketFolder: tmpdir(),
    onProblem: (problem) => problems.push(problem),
    onConnected: () => undefined,
    onFormat: () => undefined,
    onSoundProblem: (problem) => soundProblems.push(problem),
    owner: { camera: 'Followed', onLine: (line) => lines.push(line) },
    ...options,
  });
  const units: AccessUnit[] = [];
  const arrivals: number[] = [];
  const pictures = stream.packets.read(() => {
    for (let unit = pictures.next(); unit; unit = pictures.next()) {
      units.push(unit);
      arrivals.push(performance.now());
    }
  });
  const packets: AudioPacket[] = [];
  const sound = stream.audio.read(-Infinity, () => {
    for (let packet = sound.next(); packet; packet = sound.next()) {
      packets.push(packet);
    }
  });
  const lease = stream.lease({ holder: 'test', waitedFor: true });
  const until = async (reached: () => boolean, ms = 40_000): Promise<void> => {
    const deadline = performance.now() + ms;
    while (!reached()) {
      if (performance.now() > deadline) {
        throw new Error(`Not reached in ${ms} ms; ${units.length} pictures, ${packets.length} packets of sound, problems: ${problems.map(({ message }) => message).join('; ')}; FFmpeg: ${lines.join('; ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const dispose = async (): Promise<void> => {
    lease[Symbol.dispose]();
    await stream.close();
  };
  return { stream, units, arrivals, packets, problems, soundProblems, notes, lines, until, [Symbol.asyncDispose]: dispose };
}
