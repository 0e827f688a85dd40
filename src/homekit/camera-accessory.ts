import { join } from 'node:path';
import { CharacteristicEventTypes, type API, type CameraController, type PlatformAccessory } from 'homebridge';
import type { StillRenderer } from '../ffmpeg/still.js';
import { CameraEvents } from '../events/camera-events.js';
import { MotionDetection } from '../motion/motion-detection.js';
import type { MotionPool } from '../motion/motion-pool.js';
import type { Camera } from '../pipeline/camera.js';
import { cameraUse, type CameraUse } from '../policy/camera-use.js';
import type { HeldRing } from '../policy/memory-limit.js';
import type { AnalysisPace } from '../policy/motion-source.js';
import { motionWanted } from '../policy/motion-wanted.js';
import type { ProblemLog } from '../problem-log.js';
import type { AlertedCamera, ReportedAlert } from '../resources/alert-watch.js';
import type { CameraBudget } from '../resources/house-budget.js';
import type { ManagedCamera } from '../resources/managed-camera.js';
import type { CameraResources } from '../resources/resource-status.js';
import { recordingsFolder } from '../settings.js';
import { costOf, type AccessoryStatus, type CameraCost } from './accessory-status.js';
import { createController, describe } from './camera-controller.js';
import { CameraSwitches } from './camera-switches.js';
import { EventMoments } from './event-moments.js';
import type { KeptSwitch, KeptSwitches } from './kept-switches.js';
import { StreamingDelegate } from './live/streaming-delegate.js';
import { followLoudness } from './loudness.js';
import { ProblemSensor } from './problem-sensor.js';
import { RecordingDelegate } from './recording/recording-delegate.js';
import { SavedRecordings } from './recording/saved-recordings.js';
import { Sensors, setUpSensors } from './sensors.js';
import type { ServiceNames } from './service-name.js';
import { SnapshotService } from './snapshot.js';

export interface CameraAccessoryOptions {
  readonly api: API;
  readonly accessory: PlatformAccessory;
  readonly camera: Camera;
  /** Shared by all cameras. */
  readonly renderer: StillRenderer;
  /** Shared by all cameras. */
  readonly motionPool: MotionPool;
  /** What its live views may take of the machine. */
  readonly budget: CameraBudget;
  /** What a camera takes, as measured last; undefined while nothing is measured. */
  readonly resources: (camera: ManagedCamera) => CameraResources | undefined;
  /** Shared by all cameras. */
  readonly switches: KeptSwitches;
  /** Whether motion and doorbells may be reported by HTTP, and whether there is an MQTT broker. */
  readonly http: boolean;
  readonly mqtt: boolean;
  /** Of the plugin; shown as firmware version. */
  readonly version: string;
  /** What the plugin may write to. */
  readonly folder: string;
}

/** The camera as HomeKit sees it: information, live views, snapshots, recordings, sensors and switches on a platform accessory. */
export class CameraAccessory implements ManagedCamera, AlertedCamera, AsyncDisposable {
  readonly camera: Camera;
  readonly events: CameraEvents;
  readonly reportsMotion: boolean;
  readonly #motion: MotionDetection;
  readonly #api: API;
  readonly #id: string;
  readonly #delegate: StreamingDelegate;
  readonly #recordings: RecordingDelegate | undefined;
  readonly #controller: CameraController;
  readonly #moments: EventMoments;
  readonly #sensors: Sensors;
  readonly #problemSensor: ProblemSensor;
  readonly #kept: KeptSwitches;
  readonly #switches: CameraSwitches;
  readonly #snapshots: SnapshotService;
  readonly #resources: CameraAccessoryOptions['resources'];
  readonly #mqtt: boolean;
  readonly #listeners = new Set<() => void>();
  #alerts: readonly ReportedAlert[] = [];
  /** In the Home app. */
  #switchedOn = true;

  constructor({ api, accessory, camera, renderer, motionPool, budget, resources, switches, http, mqtt, version, folder }: CameraAccessoryOptions) {
    const { config } = camera;
    this.#api = api;
    this.#id = accessory.UUID;
    this.#kept = switches;
    this.#resources = resources;
    this.#mqtt = mqtt;
    this.camera = camera;
    const sensors = setUpSensors(api.hap, accessory, config, http);
    this.reportsMotion = sensors.motion !== undefined;
    this.events = new CameraEvents({ motionTimeoutMs: config.motionTimeout * 1_000, onMistake: (error) => camera.note(`an event could not be passed on: ${String(error)}`) });
    this.#motion = new MotionDetection({ camera, events: this.events, pool: motionPool });
    // Before anybody else hears of an event: what it looked like is kept first.
    this.#moments = new EventMoments(camera, this.events, () => this.#use.on);
    this.#snapshots = new SnapshotService(camera, renderer);
    this.#delegate = new StreamingDelegate(camera, this.#snapshots, this.#moments, budget);
    describe(api, accessory, config, version);
    this.#recordings = config.recording ? new RecordingDelegate(api, camera, savedRecordings(camera, folder)) : undefined;
    this.#controller = createController(api, config, { delegate: this.#delegate, recordings: this.#recordings, sensors, talks: camera.talkback !== undefined, liveCodecs: camera.liveCodecs });
    this.#delegate.attach(this.#controller);
    accessory.configureController(this.#controller);
    this.#recordings?.attach(this.#controller);
    this.#sensors = new Sensors({ hap: api.hap, services: sensors, config, events: this.events });
    this.#ringOnPress();
    followLoudness({ hap: api.hap, controller: this.#controller, camera, kept: switches, id: accessory.UUID });
    this.#problemSensor = new ProblemSensor({ hap: api.hap, accessory, config, names: this.#names });
    this.#switches = this.#setUpSwitches(accessory);
    this.#followOperatingMode();
    if (this.#recordings) {
      this.#recordings.onChange = () => this.#changed();
    }
    camera.listen(() => this.#tellListeners());
    this.#follow();
  }

  get name(): string {
    return this.camera.config.name;
  }

  get analyses(): boolean {
    return this.#motion.on;
  }

  get analysisCpuPercent(): number {
    return this.#motion.status().cost?.cpuPercent ?? 0;
  }

  get heldBytes(): number {
    return this.camera.heldBytes;
  }

  rings(): readonly HeldRing[] {
    return this.camera.rings();
  }

  shorten(rings: ReadonlySet<string>): void {
    this.camera.shorten(rings);
  }

  set analysisPace(pace: AnalysisPace) {
    this.#motion.housePace = pace;
  }

  get recording(): boolean {
    return this.#recordings?.recording === true;
  }

  get problems(): ProblemLog {
    return this.camera.problems;
  }

  alertFacts(): ReturnType<AlertedCamera['alertFacts']> {
    const { outage, shortPastMs, droppedPictures } = this.camera;
    const { on } = this.#use;
    return { away: on ? outage : undefined, shortPastMs: on ? shortPastMs : undefined, droppedPictures };
  }

  /** What has been wrong for so long that somebody is to be told. */
  get alerts(): readonly ReportedAlert[] {
    return this.#alerts;
  }

  set alerts(alerts: readonly ReportedAlert[]) {
    this.#alerts = alerts;
    this.#problemSensor.open = alerts.length > 0;
    this.#tellListeners();
  }

  /** Tells when `camera.online`, `recording` or `alerts` may have changed, until it is disposed. */
  listen(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** What runs for the camera, and what for. All of this can be written as JSON. */
  status(): AccessoryStatus {
    return { ...this.camera.status(), recording: this.#recordings?.status(), views: this.#delegate.views(), viewsDropped: this.#delegate.dropped, motion: this.#motion.status(), problems: this.#alerts };
  }

  /** What it costs at present, in few words. All of this can be written as JSON. */
  cost(): CameraCost {
    return costOf(this.status(), this.#resources(this));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    this.#motion[Symbol.dispose]();
    this.#sensors[Symbol.dispose]();
    this.#moments[Symbol.dispose]();
    this.events[Symbol.dispose]();
    await this.#recordings?.[Symbol.asyncDispose]();
    await this.#delegate[Symbol.asyncDispose]();
    await this.camera[Symbol.asyncDispose]();
  }

  get #use(): CameraUse {
    return cameraUse(this.#switchedOn, this.camera.config.privacySwitch && this.#kept.get(this.#id, 'privacy') === true);
  }

  /** A camera that is off in the Home app is left alone altogether; hap-nodejs refuses what is asked of it meanwhile. */
  #followOperatingMode(): void {
    const mode = this.#controller.recordingManagement?.operatingModeService.getCharacteristic(this.#api.hap.Characteristic.HomeKitCameraActive);
    this.#switchedOn = mode?.value === undefined || Boolean(mode.value);
    mode?.on(CharacteristicEventTypes.CHANGE, ({ newValue }) => {
      this.#switchedOn = Boolean(newValue);
      this.#follow();
    });
  }

  /** Brings everything in step with what the camera may do now. */
  #follow(): void {
    const { on, barred } = this.#use;
    this.events.deafToMotion = !on;
    this.#sensors.active = on;
    this.#problemSensor.active = on;
    this.camera.barred = barred;
    this.#recordings?.cameraIs(on);
    if (on) {
      this.camera.start();
    } else {
      this.#switches.show('motionSwitch', false);
      this.#moments.forget();
      this.#delegate.endAll();
      this.camera.pause();
    }
    if (barred) {
      this.#snapshots.forget();
    }
    this.#changed();
  }

  #changed(): void {
    const { motionDetection, motionDetectionSwitch, mqttMotionTopic, frigateCamera } = this.camera.config;
    const question = {
      option: motionDetection,
      detectionSwitch: motionDetectionSwitch ? this.#kept.get(this.#id, 'motionDetection') : undefined,
      recordingArmed: this.#recordings?.armed === true,
      toldOtherwise: this.#mqtt && (mqttMotionTopic !== undefined || frigateCamera !== undefined),
      use: this.#use,
    };
    const { on, because } = motionWanted(question);
    this.#motion.run(on, because);
    // What it is set to, also while nobody may look.
    this.#switches.show('motionDetectionSwitch', motionWanted({ ...question, use: cameraUse(true, false) }).on);
    this.#tellListeners();
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }

  #ringOnPress(): void {
    const controller = this.#controller;
    this.events.listen((event) => {
      if (event.kind === 'doorbell' && controller instanceof this.#api.hap.DoorbellController) {
        this.camera.tell('somebody rings.');
        controller.ringDoorbell();
      }
    });
  }

  get #names(): ServiceNames {
    return {
      of: (subtype) => this.#kept.nameOf(this.#id, subtype),
      keep: (subtype, name) => void this.#kept.rename(this.#id, subtype, name),
    };
  }

  #setUpSwitches(accessory: PlatformAccessory): CameraSwitches {
    const keep = async (name: KeptSwitch, on: boolean): Promise<void> => {
      const kept = this.#kept.set(this.#id, name, on);
      this.#follow();
      await kept;
    };
    const turnMotion = (on: boolean): void => {
      if (on && this.#use.on) {
        this.events.motionBegun('switch');
      } else {
        this.events.motionEnded('switch');
      }
    };
    return new CameraSwitches({
      hap: this.#api.hap,
      accessory,
      config: this.camera.config,
      names: this.#names,
      behaviours: {
        motionSwitch: { on: false, onSet: turnMotion },
        motionDetectionSwitch: { on: false, onSet: (on) => keep('motionDetection', on) },
        privacySwitch: { on: this.#use.barred, onSet: (on) => keep('privacy', on) },
      },
    });
  }
}

function savedRecordings({ config, problems }: Camera, folder: string): SavedRecordings | undefined {
  return config.saveRecordings ? new SavedRecordings(join(folder, recordingsFolder), config.name, (problem) => problems.tell(problem)) : undefined;
}
