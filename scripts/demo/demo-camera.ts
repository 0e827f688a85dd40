import type { ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ReadyLine } from '../../test/support/camera/command-messages.js';
import type { CameraSettings } from '../../test/support/camera/rtsp-camera.js';
import { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { CameraStatistics } from '../../test/support/camera/statistics.js';
import { StageProcess } from './stage-process.js';

const command = fileURLToPath(new URL('../../test/support/camera/command.js', import.meta.url));

/** As `spawnCamera()`, but out of reach of the terminal's Ctrl-C, and it may be given up while it starts. */
export class DemoCamera implements AsyncDisposable {
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<unknown>;
  readonly #process: StageProcess;
  readonly #camera: SpawnedCamera;

  /** Throws when the signal comes first, or when it ends before it is ready. */
  static async start(settings: CameraSettings, signal: AbortSignal): Promise<DemoCamera> {
    signal.throwIfAborted();
    const stage = StageProcess.start<ChildProcessByStdio<Writable, Readable, null>>('The simulated camera', [command, JSON.stringify(settings)], ['pipe', 'pipe', 'inherit']);
    const { child } = stage;
    child.stdin.on('error', () => undefined); // It may end while it is being asked.
    const giveUp = (): void => stage.signalGroup('SIGTERM');
    signal.addEventListener('abort', giveUp, { once: true });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await lines.next();
    signal.removeEventListener('abort', giveUp);
    if (first.done || signal.aborted) {
      giveUp();
      await stage.exited;
      signal.throwIfAborted();
      throw new Error('The simulated camera ended before it was ready.');
    }
    return new DemoCamera(stage, new SpawnedCamera(child, lines, settings, (JSON.parse(first.value) as ReadyLine).port));
  }

  private constructor(stage: StageProcess, camera: SpawnedCamera) {
    this.#process = stage;
    this.#camera = camera;
    this.exited = stage.exited;
  }

  url(stream: 'main' | 'sub'): string {
    return this.#camera.url(stream);
  }

  /** Undefined once the camera has ended. */
  async statistics(): Promise<CameraStatistics | undefined> {
    return this.#process.ended ? undefined : this.#camera.statistics().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#camera.close(), this.#process.gone({ itselfMs: 2_000, othersMs: 0 })]);
  }
}
