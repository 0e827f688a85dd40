import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { AuthenticationSettings } from './authentication.js';
import type { AnswerLine, CameraCommand, ReadyLine } from './command-messages.js';
import { monotonicOffsetMs } from './command-messages.js';
import type { ShownScene } from './drawn-scene.js';
import type { CameraSettings, ForcedStatus, Garbage, SceneBegin } from './rtsp-camera.js';
import { cameraUrl, shifted } from './rtsp-camera.js';
import type { AudioCodec } from './sound-formats.js';
import type { CameraStatistics, StreamName } from './statistics.js';

type CameraProcess = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a camera as a process of its own, so that its work does not count as the work of this one. Rejects when it ends before it is ready. */
export async function spawnCamera(settings: CameraSettings): Promise<SpawnedCamera> {
  const command = fileURLToPath(new URL('./command.js', import.meta.url));
  const child = spawn(process.execPath, [command, JSON.stringify(settings)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done) {
    throw new Error('The simulated camera ended before it was ready.');
  }
  return new SpawnedCamera(child, lines, settings, (JSON.parse(first.value) as ReadyLine).port);
}

/** The API of `SimulatedCamera` over a pipe. Times are `performance.now()` of this process. */
export class SpawnedCamera {
  private authentication: AuthenticationSettings | undefined;
  private previous: Promise<unknown> = Promise.resolve();

  /** Use `spawnCamera()`. */
  constructor(
    private readonly child: CameraProcess,
    private readonly lines: AsyncIterator<string>,
    private readonly settings: CameraSettings,
    readonly port: number,
  ) {
    this.authentication = settings.authentication;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  url(stream: StreamName = 'main'): string {
    return cameraUrl(this.settings.host ?? '127.0.0.1', this.port, stream, this.authentication);
  }

  urlWithoutCredentials(stream: StreamName = 'main'): string {
    return cameraUrl(this.settings.host ?? '127.0.0.1', this.port, stream, undefined);
  }

  async statistics(): Promise<CameraStatistics> {
    return (await this.ask({ do: 'statistics' })) as CameraStatistics;
  }

  /** Processor time of the camera's process since its start. */
  async cpuMs(): Promise<number> {
    return (await this.ask({ do: 'cpuMs' })) as number;
  }

  async sentAt(counter: number, stream: StreamName = 'main'): Promise<number | undefined> {
    const sentAtMs = (await this.ask({ do: 'sentAt', counter, stream })) as number | null;
    return sentAtMs === null ? undefined : sentAtMs - monotonicOffsetMs();
  }

  async counterNow(stream: StreamName = 'main'): Promise<number> {
    return (await this.ask({ do: 'counterNow', stream })) as number;
  }

  /** What comes after it is answered when the first picture was sent. */
  async show(scene: ShownScene): Promise<SceneBegin> {
    return shifted((await this.ask({ do: 'show', scene })) as SceneBegin, -monotonicOffsetMs());
  }

  async freeze(): Promise<void> {
    await this.ask({ do: 'freeze' });
  }

  async thaw(): Promise<void> {
    await this.ask({ do: 'thaw' });
  }

  async dropConnections(): Promise<void> {
    await this.ask({ do: 'dropConnections' });
  }

  async start(): Promise<void> {
    await this.ask({ do: 'start' });
  }

  async stop(): Promise<void> {
    await this.ask({ do: 'stop' });
  }

  async answerWith(status: ForcedStatus | undefined): Promise<void> {
    await this.ask({ do: 'answerWith', status });
  }

  async sendGarbage(kind?: Garbage, durationMs?: number): Promise<void> {
    await this.ask({ do: 'sendGarbage', kind, durationMs });
  }

  async loseEvery(nth: number): Promise<void> {
    await this.ask({ do: 'loseEvery', nth });
  }

  async muteMicrophone(): Promise<void> {
    await this.ask({ do: 'muteMicrophone' });
  }

  async unmuteMicrophone(): Promise<void> {
    await this.ask({ do: 'unmuteMicrophone' });
  }

  async changeMicrophone(audio: AudioCodec, stream: StreamName = 'main'): Promise<void> {
    await this.ask({ do: 'changeMicrophone', audio, stream });
  }

  async setClock(offsetMs: number): Promise<void> {
    await this.ask({ do: 'setClock', offsetMs });
  }

  async setPassword(password: string): Promise<void> {
    await this.ask({ do: 'setPassword', password });
    this.authentication = this.authentication && { ...this.authentication, password };
  }

  /** Ends the process and waits for its end. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return;
    }
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }

  /** Commands are answered in the order they are given. */
  private ask(command: CameraCommand): Promise<unknown> {
    const answer = this.previous.then(async () => {
      this.child.stdin.write(`${JSON.stringify(command)}\n`);
      const line = await this.lines.next();
      if (line.done) {
        throw new Error('The simulated camera has ended.');
      }
      const parsed = JSON.parse(line.value) as AnswerLine;
      if ('error' in parsed) {
        throw new Error(`The simulated camera: ${parsed.error}`);
      }
      return parsed.result;
    });
    this.previous = answer.catch(() => undefined);
    return answer;
  }
}
