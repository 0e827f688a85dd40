import { join } from 'node:path';
import type { API, DynamicPlatformPlugin, Logging, PlatformAccessory, PlatformConfig } from 'homebridge';
import { loadIdentities, newIdentity, resolveIdentities, saveIdentities } from './config/identities.js';
import type { CameraConfig } from './config/options.js';
import { readConfig } from './config/read-config.js';
import { findEldFfmpeg } from './ffmpeg/eld-trial.js';
import { FfmpegSearch } from './ffmpeg/ffmpeg-search.js';
import type { Ffmpeg, FoundFfmpeg } from './ffmpeg/find-ffmpeg.js';
import { Hardware } from './ffmpeg/hardware/hardware.js';
import { StillRenderer } from './ffmpeg/still.js';
import { nameForHome } from './homekit/home-name.js';
import { CameraAccessory } from './homekit/camera-accessory.js';
import { KeptSwitches } from './homekit/kept-switches.js';
import { KnownSpeakers } from './homekit/known-speakers.js';
import { runningFfmpegs } from './ffmpeg/running-ffmpegs.js';
import { AlertWatch } from './resources/alert-watch.js';
import { HouseBudget } from './resources/house-budget.js';
import { diskSpace } from './resources/measure/disk-space.js';
import { GpuUsage } from './resources/measure/gpu-usage.js';
import { MachineLoad } from './resources/measure/machine-load.js';
import { OwnProcess } from './resources/measure/own-process.js';
import { ProcessUsage } from './resources/measure/process-usage.js';
import type { Meters } from './resources/measurement.js';
import type { ManagedCamera } from './resources/managed-camera.js';
import { ResourceManager } from './resources/resource-manager.js';
import type { CameraResources } from './resources/resource-status.js';
import { MotionPool } from './motion/motion-pool.js';
import { Camera } from './pipeline/camera.js';
import { StartQueue } from './pipeline/start-queue.js';
import { treatAddress } from './policy/camera-quirks.js';
import { mayHaveSpeaker } from './policy/speaker-choice.js';
import type { SpeakerFormat } from './policy/talk-format.js';
import { asProblem } from './problems.js';
import { platformName, pluginName, recordingsFolder, storageFolder } from './settings.js';
import { Triggers } from './triggers/triggers.js';
import { version } from './version.js';
import { houseStatus } from './web/house-status.js';
import { statusPages } from './web/status-pages.js';

/** What all cameras share. */
interface Shared {
  readonly ffmpeg: FfmpegSearch;
  readonly hardware: Hardware;
  readonly eldFfmpeg: Ffmpeg | undefined;
  readonly switches: KeptSwitches;
  readonly budget: HouseBudget;
  readonly resources: (camera: ManagedCamera) => CameraResources | undefined;
  readonly http: boolean;
  readonly mqtt: boolean;
}

/** Builds the configured cameras when Homebridge is ready, and tears them down when it ends. */
export class CameraHubPlatform implements DynamicPlatformPlugin {
  readonly #log: Logging;
  readonly #api: API;
  readonly #config: PlatformConfig;
  readonly #cached: PlatformAccessory[] = [];
  readonly #renderer = new StillRenderer();
  readonly #starts = new StartQueue();
  readonly #motionPool: MotionPool;
  #accessories: CameraAccessory[] = [];
  #hardware: Hardware | undefined;
  #speakers: KnownSpeakers | undefined;
  #triggers: Triggers | undefined;
  #resources: ResourceManager | undefined;
  #alerts: AlertWatch | undefined;
  #closed = false;

  constructor(log: Logging, config: PlatformConfig, api: API) {
    this.#log = log;
    this.#api = api;
    this.#config = config;
    this.#motionPool = new MotionPool({ onProblem: (problem) => log.warn(asProblem(problem, 'motion-failed').line) });
    api.on('didFinishLaunching', () => {
      this.#launch().catch((error: unknown) => log.error(asProblem(error, 'config-invalid').line));
    });
    api.on('shutdown', () => void this.#shutDown());
  }

  /** Homebridge brings back the bridged cameras that it knew; external ones are built anew each time. */
  configureAccessory(accessory: PlatformAccessory): void {
    this.#cached.push(accessory);
  }

  async #launch(): Promise<void> {
    const { hub, faults, warnings } = readConfig(this.#config);
    for (const line of [...faults.map((fault) => fault.message), ...warnings]) {
      this.#log.warn(line);
    }
    if (hub.cameras.length === 0) {
      this.#forgetCached(this.#cached);
      this.#log.info('No camera is set up yet. Add one in the settings of this plugin: a name and an address are enough.');
      return;
    }
    const ids = await this.#identify(hub.cameras);
    const uuids = ids.map((id) => this.#api.hap.uuid.generate(`${pluginName}:${id}`));
    const withPrivacy = uuids.filter((_, index) => hub.cameras[index]?.privacySwitch);
    const switches = await KeptSwitches.load(join(this.#folder, 'switches.json'), withPrivacy, (problem) => this.#log.warn(problem.line));
    const isPrivate = (index: number): boolean => hub.cameras[index]?.privacySwitch === true && switches.get(uuids[index] ?? '', 'privacy') === true;
    const ffmpeg = new FfmpegSearch(hub.ffmpegPath, (found) => this.#sayFfmpeg(hub.ffmpegPath, found));
    const wantsEld = hub.cameras.some(({ aacEld }) => aacEld);
    const [speakers, eldFfmpeg] = await Promise.all([this.#findSpeakers(hub.cameras, uuids, isPrivate), wantsEld ? findEldFfmpeg(ffmpeg, (text) => this.#log.info(text)) : undefined]);
    if (this.#closed) {
      return; // Homebridge was stopped meanwhile.
    }
    const hardware = new Hardware({ search: ffmpeg, wanted: hub.hardware, device: hub.hardwareDevice, file: join(this.#folder, 'hardware.json'), log: this.#log });
    this.#hardware = hardware;
    const budget = new HouseBudget(hub, () => runningFfmpegs().filter(({ role }) => role === 'transcode').length, (error) => this.#log.error(asProblem(error, 'live-view-failed').line));
    const resources = (camera: ManagedCamera): CameraResources | undefined => this.#resources?.status([camera]).cameras[camera.name];
    const bridged = new Set<string>();
    hub.cameras.forEach((config, index) => {
      const uuid = uuids[index] ?? config.name;
      if (config.bridged) {
        bridged.add(uuid);
      }
      this.#add(config, uuid, speakers[index], { ffmpeg, hardware, eldFfmpeg, switches, budget, resources, http: hub.httpPort !== undefined, mqtt: hub.mqttUrl !== undefined });
    });
    const manager = new ResourceManager({ limits: hub, budget, cameras: () => this.#accessories, meters: newMeters(), log: this.#log });
    this.#resources = manager;
    this.#alerts = this.#watch(hub.alertAfter * 60_000, manager);
    const pages = statusPages(() => houseStatus({ version, ffmpeg: ffmpeg.newest, hardware: hardware.status(), resources: manager.status(), cameras: this.#accessories }));
    this.#triggers = new Triggers({ hub, cameras: this.#accessories, pages, log: this.#log, version });
    this.#forgetCached(this.#cached.filter((accessory) => !bridged.has(accessory.UUID)));
  }

  async #identify(cameras: readonly CameraConfig[]): Promise<readonly string[]> {
    const file = join(this.#folder, 'identities.json');
    const { known, problem } = await loadIdentities(file);
    const resolved = resolveIdentities(cameras, known, newIdentity);
    const unsaved = await saveIdentities(file, resolved.known);
    for (const each of [problem, unsaved].filter((every) => every !== undefined)) {
      this.#log.warn(each.line);
    }
    for (const note of resolved.notes) {
      this.#log.info(note);
    }
    return resolved.ids;
  }

  /** What is not known yet is asked, of all cameras at once: HomeKit is told what an accessory can do when it is made. */
  async #findSpeakers(cameras: readonly CameraConfig[], uuids: readonly string[], isPrivate: (index: number) => boolean): Promise<readonly (SpeakerFormat | undefined)[]> {
    const known = await KnownSpeakers.load(join(this.#folder, 'speakers.json'), (problem) => this.#log.warn(problem.line));
    this.#speakers = known;
    return Promise.all(
      cameras.map(async ({ name, source, transport, talkback, debug }, index) => {
        if (!talkback.enabled || talkback.target !== undefined || !mayHaveSpeaker(source, transport)) {
          return undefined;
        }
        const line = (text: string): string => `${name}: ${text}`;
        return known.find({ id: uuids[index] ?? name, url: treatAddress(source), mayAsk: !isPrivate(index), tell: (text) => this.#log.info(line(text)), note: (text) => (debug ? this.#log.info(line(text)) : this.#log.debug(line(text))) });
      }),
    );
  }

  /** A camera that cannot be set up does not keep the others from it. */
  #add(config: CameraConfig, uuid: string, speaker: SpeakerFormat | undefined, { ffmpeg, hardware, eldFfmpeg, budget, ...shared }: Shared): void {
    try {
      const camera = new Camera({ config, log: this.#log, ffmpeg, hardware, speaker, eldFfmpeg, starts: this.#starts, socketFolder: this.#folder });
      const known = this.#cached.find((accessory) => accessory.UUID === uuid);
      const accessory = (config.bridged ? known : undefined) ?? new this.#api.platformAccessory(nameForHome(config.name), uuid);
      accessory.category = config.doorbell ? this.#api.hap.Categories.VIDEO_DOORBELL : this.#api.hap.Categories.IP_CAMERA;
      this.#accessories.push(
        new CameraAccessory({ api: this.#api, accessory, camera, renderer: this.#renderer, motionPool: this.#motionPool, budget: budget.camera(config.name), ...shared, version, folder: this.#folder }),
      );
      if (!config.bridged) {
        this.#api.publishExternalAccessories(pluginName, [accessory]);
      } else if (!known) {
        this.#api.registerPlatformAccessories(pluginName, platformName, [accessory]);
      }
    } catch (error) {
      this.#log.error(`${config.name}: ${asProblem(error, 'config-invalid').line}`);
    }
  }

  #watch(alertAfterMs: number, resources: ResourceManager): AlertWatch {
    const folders = [this.#folder, join(this.#folder, recordingsFolder)];
    return new AlertWatch({ cameras: this.#accessories, alertAfterMs, limitedSinceMs: () => resources.limitedSinceMs, disk: () => diskSpace(folders), log: this.#log });
  }

  #forgetCached(accessories: PlatformAccessory[]): void {
    if (accessories.length > 0) {
      this.#api.unregisterPlatformAccessories(pluginName, platformName, accessories);
    }
  }

  /** All that the plugin writes to. */
  get #folder(): string {
    return join(this.#api.user.storagePath(), storageFolder);
  }

  #sayFfmpeg(wanted: string | undefined, { ffmpeg, passedOver }: FoundFfmpeg): void {
    if (wanted !== undefined && ffmpeg.path !== wanted) {
      this.#log.warn(`The FFmpeg of the option "ffmpegPath" cannot be used, another takes its place (${passedOver.join('; ')}).`);
    }
    this.#log.info(`FFmpeg ${ffmpeg.version} from ${ffmpeg.origin}.`);
  }

  async #shutDown(): Promise<void> {
    this.#closed = true;
    this.#resources?.[Symbol.dispose]();
    this.#alerts?.[Symbol.dispose]();
    const accessories = this.#accessories;
    this.#accessories = [];
    const shared = [this.#triggers, this.#hardware, this.#speakers].filter((each) => each !== undefined);
    await Promise.all([...accessories, this.#renderer, this.#motionPool, ...shared].map((each) => each[Symbol.asyncDispose]()));
  }
}

function newMeters(): Meters {
  return { machine: new MachineLoad(), own: new OwnProcess(), processes: new ProcessUsage(), gpus: new GpuUsage() };
}
