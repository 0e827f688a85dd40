import type { CameraConfig } from '../../../src/config/options.js';
import type { AccessUnit } from '../../../src/media/access-unit.js';
import { openPlugin, type OpenedPlugin } from '../opened-camera.js';
import { HttpCamera, type HttpCameraSettings } from './http-camera.js';

/** A camera of HTTP, and the plugin's camera of it, whose main stream is connected and read along; all end with it. */
export interface OpenedHttpCamera extends OpenedPlugin {
  readonly simulated: HttpCamera;
  readonly units: readonly AccessUnit[];
  /** When each of them came. */
  readonly arrivals: readonly number[];
  /** What is wrong with the stream at present. */
  readonly problem: () => string | undefined;
  /** Fails where it takes longer than so long. */
  until(reached: () => boolean, ms?: number): Promise<void>;
}

export interface HttpCameraUse {
  readonly path?: string;
  readonly login?: string;
  /** Takes the place of the whole address. */
  readonly source?: (camera: HttpCamera) => string;
  readonly options?: Partial<CameraConfig>;
  /** Before the plugin's camera is there. */
  readonly prepare?: (camera: HttpCamera) => void | Promise<void>;
}

export async function openHttpCamera(settings: HttpCameraSettings, { path = '/mjpeg', login, source, options, prepare }: HttpCameraUse = {}): Promise<OpenedHttpCamera> {
  const simulated = await HttpCamera.open(settings);
  await prepare?.(simulated);
  const opened = await openPlugin({ audio: false, ...options, source: source?.(simulated) ?? simulated.url(path, login) });
  const { main, problems } = opened.camera;
  const lease = main.lease({ holder: 'test', waitedFor: true });
  const units: AccessUnit[] = [];
  const arrivals: number[] = [];
  const reader = main.packets.read(() => {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      units.push(unit);
      arrivals.push(performance.now());
    }
  });
  const problem = (): string | undefined => problems.outage('main')?.problem.code;
  const until = async (reached: () => boolean, ms = 20_000): Promise<void> => {
    const deadline = performance.now() + ms;
    while (!reached()) {
      if (performance.now() > deadline) {
        throw new Error(`Not reached in ${ms} ms; ${units.length} pictures, ${main.connections} connections, log: ${opened.log.join('; ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const dispose = async (): Promise<void> => {
    reader[Symbol.dispose]();
    lease[Symbol.dispose]();
    await opened[Symbol.asyncDispose]();
    await simulated[Symbol.asyncDispose]();
  };
  return { ...opened, simulated, units, arrivals, problem, until, [Symbol.asyncDispose]: dispose };
}
