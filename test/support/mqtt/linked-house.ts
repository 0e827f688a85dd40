import { cameraSchema, platformSchema, type CameraConfig } from '../../../src/config/options.js';
import { CameraEvents } from '../../../src/events/camera-events.js';
import type { ReportedCamera } from '../../../src/triggers/camera-reports.js';
import { cameraKeys } from '../../../src/triggers/camera-key.js';
import { MqttLink, type MqttConfig, type MqttLinkOptions } from '../../../src/triggers/mqtt/mqtt-link.js';
import { until } from '../until.js';

/** A camera as the link sees it, with what it was told, and a state that tests set. */
export interface TestCamera extends ReportedCamera {
  /** 'motion', 'still' and 'ring', in order. */
  readonly told: readonly string[];
  set(state: Partial<ReturnType<ReportedCamera['state']>>): void;
  setCost(cost: Readonly<Record<string, unknown>>): void;
}

export type CameraOptions = Partial<CameraConfig> & { readonly name: string };

export function testCameras(options: readonly CameraOptions[]): TestCamera[] {
  const configs = options.map((each) => cameraSchema.parse({ source: 'rtsp://camera.test/stream', ...each }));
  const keys = cameraKeys(configs);
  return configs.map((config, index) => testCamera(config, keys[index] ?? ''));
}

function testCamera(config: CameraConfig, key: string): TestCamera {
  const events = new CameraEvents({
    motionTimeoutMs: config.motionTimeout * 1000,
    onMistake: (error) => {
      throw error;
    },
  });
  const told: string[] = [];
  events.listen((event) => told.push(event.kind === 'doorbell' ? 'ring' : event.on ? 'motion' : 'still'));
  const listeners = new Set<() => void>();
  let state: ReturnType<ReportedCamera['state']> = { online: true, recording: false, problems: [] };
  let cost: Readonly<Record<string, unknown>> = { cpu: 0.5 };
  return {
    key,
    config,
    events,
    told,
    state: () => state,
    onStateChange: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    cost: () => cost,
    set: (changed) => {
      state = { ...state, ...changed };
      for (const listener of listeners) {
        listener();
      }
    },
    setCost: (changed) => {
      cost = changed;
    },
  };
}

/** A house that is linked with a broker; the link ends with it. */
export interface LinkedHouse extends AsyncDisposable {
  readonly cameras: readonly TestCamera[];
  /** What it logged, with the level in front. */
  readonly lines: readonly string[];
  camera(name: string): TestCamera;
  /** Until a line of the log has this in it. */
  says(text: string): Promise<void>;
}

/** As `startLink`, once it is connected. */
export async function link(cameras: readonly CameraOptions[], config: Partial<MqttConfig>, options: Partial<MqttLinkOptions> = {}): Promise<LinkedHouse> {
  const house = startLink(cameras, config, options);
  await house.says('connected with the broker');
  return house;
}

export function startLink(cameraOptions: readonly CameraOptions[], config: Partial<MqttConfig>, options: Partial<MqttLinkOptions> = {}): LinkedHouse {
  const cameras = testCameras(cameraOptions);
  const lines: string[] = [];
  const note = (level: string) => (line: string) => void lines.push(`${level}: ${line}`);
  const log = { info: note('info'), warn: note('warn'), error: note('error'), debug: note('debug') };
  const house = new MqttLink({ config: { ...platformSchema.parse({}), ...config }, cameras, log, version: '1.2.3', ...options });
  return {
    cameras,
    lines,
    camera: (name) => {
      const found = cameras.find((camera) => camera.config.name === name);
      if (!found) {
        throw new Error(`no camera ${name}`);
      }
      return found;
    },
    says: (text) => until(() => `the log to say ${text}; it says ${lines.join('\n')}`, () => lines.some((line) => line.includes(text))),
    [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
  };
}
