import type { CameraConfig } from '../../../src/config/options.js';
import { follow, type Followed } from '../followed-stream.js';
import { openPlugin, type OpenedPlugin } from '../opened-camera.js';
import { HttpCamera, type HttpCameraSettings } from './http-camera.js';

/** A camera of HTTP, and the plugin's camera of it, whose main stream is connected and followed; all end with it. */
export interface OpenedHttpCamera extends OpenedPlugin, Followed {
  readonly simulated: HttpCamera;
  /** What is wrong with the stream at present. */
  readonly problem: () => string | undefined;
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
  const problem = (): string | undefined => problems.outage('main')?.problem.code;
  const followed = follow(main, () => opened.log);
  const dispose = async (): Promise<void> => {
    lease[Symbol.dispose]();
    await opened[Symbol.asyncDispose]();
    await simulated[Symbol.asyncDispose]();
  };
  return { ...opened, ...followed, simulated, problem, [Symbol.asyncDispose]: dispose };
}
