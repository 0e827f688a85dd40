import { CharacteristicEventTypes, HDSProtocolSpecificErrorReason, type API, type CameraController, type CameraRecordingConfiguration, type CameraRecordingDelegate, type RecordingPacket } from 'homebridge';
import type { Camera } from '../../pipeline/camera.js';
import { Recording, type RecordingProgress, type RecordingRequest } from '../../pipeline/recording/recording.js';
import { asProblem, Problem } from '../../problems.js';
import { secondsSince } from '../../seconds-since.js';
import { levelName, profileName } from '../live/video-request.js';
import { Arming } from './arming.js';
import { describeClose, refusalReason } from './close-reasons.js';
import { dropUnread, unreadByHub } from './hub-backlog.js';
import type { SavedRecordings } from './saved-recordings.js';

/** Where the hub names none, or one that is no bitrate for speech, in kbit/s. */
const soundKbps = { usual: 64, least: 16, most: 128 } as const;

interface Running {
  readonly recording: Recording;
  readonly stop: AbortController;
  readonly openedMs: number;
}

/** Recordings: whether the hub may ask for them, and those that it is being sent. */
export interface RecordingStatus {
  readonly armed: boolean;
  readonly running: readonly (RecordingProgress & { readonly forSeconds: number })[];
}

/** Translates between HomeKit's recording calls and the camera's recordings. */
export class RecordingDelegate implements CameraRecordingDelegate, AsyncDisposable {
  readonly #hap: API['hap'];
  readonly #camera: Camera;
  readonly #arming: Arming;
  readonly #saved: SavedRecordings | undefined;
  readonly #running = new Map<number, Running>();
  /** Recordings that have not given everything back yet. */
  readonly #ending = new Set<Promise<undefined>>();
  #controller: CameraController | undefined;
  #configuration: CameraRecordingConfiguration | undefined;
  #active = false;
  #sound = false;
  #cameraOn = true;
  /** Told when recordings begin and end, and when they may be asked for and no more. */
  onChange: () => void = () => undefined;

  /** @param saved where each recording is kept as a file too; undefined where that is not wanted. */
  constructor({ hap }: Pick<API, 'hap'>, camera: Camera, saved: SavedRecordings | undefined) {
    this.#hap = hap;
    this.#camera = camera;
    this.#arming = new Arming(camera);
    this.#saved = saved;
  }

  /** Follows the parts of HomeKit's recording state that it does not report by itself. */
  attach(controller: CameraController): void {
    this.#controller = controller;
    const { RecordingAudioActive } = this.#hap.Characteristic;
    const audio = controller.recordingManagement?.recordingManagementService.getCharacteristic(RecordingAudioActive);
    this.#sound = Boolean(audio?.value);
    audio?.on(CharacteristicEventTypes.CHANGE, ({ newValue }) => {
      this.#sound = Boolean(newValue);
      this.#arm();
    });
    this.#arm();
  }

  updateRecordingActive(active: boolean): void {
    this.#active = active;
    this.#arm();
  }

  updateRecordingConfiguration(configuration: CameraRecordingConfiguration | undefined): void {
    this.#configuration = configuration;
    this.#arm();
  }

  /** The camera was switched on or off as a whole. What is being recorded ends, properly. */
  cameraIs(on: boolean): void {
    this.#cameraOn = on;
    this.#arm();
    if (!on) {
      for (const { recording, stop } of this.#running.values()) {
        if (recording.progress.fragments === 0) {
          stop.abort();
        }
      }
    }
  }

  /** Recordings may be asked for at any time. */
  get armed(): boolean {
    return this.#arming.armed;
  }

  get recording(): boolean {
    return this.#running.size > 0;
  }

  status(): RecordingStatus {
    const running = [...this.#running.values()].map(({ recording: { progress }, openedMs }) => ({
      ...progress,
      pastMs: Math.round(progress.pastMs),
      lengthMs: Math.round(progress.lengthMs),
      forSeconds: secondsSince(openedMs),
    }));
    return { armed: this.armed, running };
  }

  async *handleRecordingStreamRequest(streamId: number, signal?: AbortSignal): AsyncGenerator<RecordingPacket> {
    if (!this.#cameraOn) {
      throw new this.#hap.HDSProtocolError(HDSProtocolSpecificErrorReason.NOT_ALLOWED);
    }
    if (!this.#configuration) {
      throw new this.#hap.HDSProtocolError(HDSProtocolSpecificErrorReason.INVALID_CONFIGURATION);
    }
    const stop = new AbortController();
    const end = (): void => stop.abort();
    signal?.addEventListener('abort', end);
    const recording = new Recording({ camera: this.#camera, request: this.#request(this.#configuration), signal: stop.signal, whyEnd: () => (this.#cameraOn ? undefined : 'the camera was switched off'), unreadBytes: () => unreadByHub(this.#controller) });
    const running = { recording, stop, openedMs: performance.now() };
    this.#running.set(streamId, running);
    this.onChange();
    const done = Promise.withResolvers<undefined>();
    this.#ending.add(done.promise);
    await using saved = this.#saved?.begin();
    try {
      for await (const packet of recording.packets()) {
        saved?.write(packet.data);
        yield packet;
      }
    } catch (error) {
      // Else nobody waits for it any more.
      if (!stop.signal.aborted) {
        if (this.#running.get(streamId) === running) {
          this.#running.delete(streamId); // The close that follows is ours, not the hub's.
          this.onChange();
        }
        const problem = asProblem(error, 'recording-failed');
        this.#camera.problems.tell(problem);
        throw new this.#hap.HDSProtocolError(refusalReason(problem.code));
      }
    } finally {
      signal?.removeEventListener('abort', end);
      this.#ending.delete(done.promise);
      done.resolve(undefined);
    }
    this.#refuseWhileOff(streamId, recording);
  }

  /** The hub has the last packet. */
  acknowledgeStream(streamId: number): void {
    const running = this.#end(streamId);
    if (running) {
      this.#camera.note(`recording ended: ${summary(running.recording.progress)}`);
    }
  }

  closeRecordingStream(streamId: number, reason: number | undefined): void {
    const running = this.#end(streamId);
    dropUnread(this.#controller);
    if (!running) {
      return;
    }
    const { progress } = running.recording;
    const { text, failure } = describeClose(reason);
    this.#camera.note(`recording closed (${text}): ${summary(progress)}`);
    if (failure) {
      const seconds = Math.round((performance.now() - running.openedMs) / 100) / 10;
      const outage = this.#camera.problems.outage('main')?.problem.message;
      const problem =
        progress.sentBytes === 0
          ? new Problem('recording-no-picture', `the hub waited ${seconds} s${outage === undefined ? '' : `; ${outage}`}`)
          : new Problem('recording-refused', `after ${seconds} s: ${summary(progress)}; ${text}`);
      this.#camera.problems.tell(problem, String(reason));
    }
  }

  /** Ends what runs, and waits until it has. Tells nobody: what would follow from it is ending too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.onChange = () => undefined;
    this.#arming[Symbol.dispose]();
    for (const streamId of [...this.#running.keys()]) {
      this.#end(streamId);
    }
    await Promise.all(this.#ending);
  }

  #end(streamId: number): Running | undefined {
    const running = this.#running.get(streamId);
    if (running) {
      this.#running.delete(streamId);
      running.stop.abort();
      this.onChange();
    }
    return running;
  }

  #arm(): void {
    this.#arming.armed = this.#active && this.#configuration !== undefined && this.#cameraOn;
    this.onChange();
  }

  /** A recording that the camera was switched off under before it had begun is refused: the hub waits for an answer. */
  #refuseWhileOff(streamId: number, { progress }: Recording): void {
    if (!this.#cameraOn && progress.fragments === 0 && this.#running.delete(streamId)) {
      this.onChange();
      throw new this.#hap.HDSProtocolError(HDSProtocolSpecificErrorReason.NOT_ALLOWED);
    }
  }

  #request({ prebufferLength, mediaContainerConfiguration, videoCodec, audioCodec }: CameraRecordingConfiguration): RecordingRequest {
    const { parameters, resolution } = videoCodec;
    const [width, height, maxFps] = resolution;
    return {
      prebufferMs: prebufferLength,
      fragmentMs: mediaContainerConfiguration.fragmentLength,
      width,
      height,
      maxFps,
      bitrateKbps: parameters.bitRate,
      profile: profileName(parameters.profile),
      level: levelName(parameters.level),
      sound: this.#sound,
      soundKbps: Math.min(Math.max(audioCodec.bitrate || soundKbps.usual, soundKbps.least), soundKbps.most),
    };
  }
}

/** '34.2 s, from 5.9 s before the request on; 17.1 MB, fragments: 9, sound: copied' */
function summary({ pastMs, lengthMs, sentBytes, fragments, sound }: RecordingProgress): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  return `${seconds(lengthMs)}, from ${seconds(Math.max(0, pastMs))} before the request on; ${(sentBytes / 1_000_000).toFixed(1)} MB, fragments: ${fragments}, sound: ${sound}`;
}
