import type { CameraSettings } from './camera/rtsp-camera.js';
import { startCamera, type SimulatedCamera } from './camera/rtsp-camera.js';
import type { PairingData } from './controller/connection.js';
import { pairAccessory, resume, type Controller } from './controller/controller.js';
import { startHomebridge, type HomebridgeOptions, type RunningHomebridge } from './homebridge/homebridge.js';

/** The FFmpeg of this test run, put there by the test command. */
export const ffmpegPath = process.env.CAMERA_HUB_FFMPEG ?? 'ffmpeg';

/** Small and quick to make, for tests whose subject is not the picture. */
export const smallFootage = { width: 640, height: 360, bitrateKbps: 800, seconds: 4 } as const;

/** Other tests run beside, and a machine that is busy with them changes nothing, unless that is what a test is about. */
const neverBusy = { analysisAbove: 100, frameRateAbove: 100, sizeAbove: 100, refuseAbove: 100 } as const;

/** A camera of the house: what it is, and how the plugin is told of it. */
export interface HouseCamera {
  readonly camera?: Partial<Omit<CameraSettings, 'ffmpegPath'>> | false;
  /** Options of the plugin, `source` among them where there is no simulated camera; else `source` (and `substream`, where the camera has one) unless told otherwise. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** A home with Homebridge, simulated cameras and a paired controller; all gone when it is disposed. */
export class House implements AsyncDisposable {
  readonly cameras: Readonly<Record<string, SimulatedCamera>>;
  readonly #controllers: Controller[] = [];
  readonly #paired = new Map<string, Controller>();
  /** Of all cameras that were ever paired; they outlive Homebridge. */
  readonly #pairings = new Map<string, PairingData>();
  #homebridge: RunningHomebridge;

  private constructor(cameras: Readonly<Record<string, SimulatedCamera>>, homebridge: RunningHomebridge, readonly platformConfig: HomebridgeOptions['platformConfig']) {
    this.cameras = cameras;
    this.#homebridge = homebridge;
  }

  /** Starts the cameras, then Homebridge with all of them configured; the keys are their names. */
  static async open(settings: Readonly<Record<string, HouseCamera>>, homebridge: Partial<HomebridgeOptions> = {}): Promise<House> {
    const started = await Promise.all(
      Object.entries(settings).map(async ([name, { camera }]) => (camera === false ? [] : [[name, await startCamera({ main: smallFootage, ...camera, ffmpegPath })] as const])),
    );
    const cameras: Record<string, SimulatedCamera> = Object.fromEntries(started.flat());
    const configs = Object.entries(settings).map(([name, { camera, options }]) => ({
      name,
      ...(cameras[name] && { source: cameras[name].url('main') }),
      ...(camera && camera.sub && { substream: cameras[name]?.url('sub') }),
      debug: true,
      ...options,
    }));
    const platformConfig = { name: 'Camera Hub', ffmpegPath, limits: neverBusy, cameras: configs, ...homebridge.platformConfig };
    try {
      return new House(cameras, await startHomebridge({ ...homebridge, platformConfig }), platformConfig);
    } catch (error) {
      await Promise.all(Object.values(cameras).map((camera) => camera.close()));
      throw error;
    }
  }

  get homebridge(): RunningHomebridge {
    return this.#homebridge;
  }

  camera(name: string): SimulatedCamera {
    return this.cameras[name] ?? fail(`There is no camera ${name} in this house.`);
  }

  /** Pairs with the accessory of this camera; when that was done before, also before a restart, a further connection of the same pairing. */
  async pair(name: string): Promise<Controller> {
    const paired = this.#paired.get(name);
    if (paired) {
      return paired.fork();
    }
    const accessory = await this.#homebridge.accessory(name);
    const address = { host: '127.0.0.1', port: accessory.port, id: accessory.id };
    const pairing = this.#pairings.get(name);
    const controller = await (pairing ? resume({ ...address, pairing }) : pairAccessory({ ...address, pin: this.#homebridge.pin }));
    this.#controllers.push(controller);
    this.#paired.set(name, controller);
    this.#pairings.set(name, controller.pairing);
    return controller;
  }

  /** Pairs with Homebridge's own bridge, behind which bridged cameras are. */
  async pairBridge(): Promise<Controller> {
    return this.adopt(await pairAccessory({ ...this.#bridge(), pin: this.#homebridge.pin }));
  }

  /** Connects to the bridge with a pairing from before. */
  async resumeBridge(pairing: PairingData): Promise<Controller> {
    return resume({ ...this.#bridge(), pairing });
  }

  #bridge(): { readonly host: string; readonly port: number; readonly id: string } {
    const line = this.#homebridge.log().find((each) => /^Homebridge v.* is running on port \d+/.test(each));
    return { host: '127.0.0.1', port: Number(/(\d+)\.$/.exec(line ?? '')?.[1]), id: this.#homebridge.bridgeId };
  }

  /** A controller that is closed with the house. */
  adopt(controller: Controller): Controller {
    this.#controllers.push(controller);
    return controller;
  }

  /** Stops Homebridge and starts it again on the same storage. */
  async restart(platformConfig: HomebridgeOptions['platformConfig'] = this.platformConfig): Promise<void> {
    const { storage } = this.#homebridge;
    await this.#closeControllers();
    await this.#homebridge.stop({ keepStorage: true });
    this.#homebridge = await startHomebridge({ platformConfig, storage });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#closeControllers();
    await this.#homebridge.stop();
    this.#homebridge.killLeftovers();
    await Promise.all(Object.values(this.cameras).map((camera) => camera.close()));
  }

  async #closeControllers(): Promise<void> {
    this.#paired.clear();
    await Promise.all(this.#controllers.splice(0).map((controller) => controller.close()));
  }
}

function fail(message: string): never {
  throw new Error(message);
}
