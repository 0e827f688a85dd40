import { randomBytes, randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedUnit } from './access-units.js';
import type { Controller } from './controller.js';
import type { Decoded, DecodeOptions } from './decode.js';
import { hapCharacteristic, hapService } from './hap-types.js';
import { HeardSound } from './heard-sound.js';
import { ReceiverReports } from './receiver-reports.js';
import { randomKeys, RtpCapture, type SrtpKeys } from './rtp-capture.js';
import {
  isAvailable, readSetupEndpoints, reconfigureRequest, setupEndpointsRequest, SetupRefused, startRequest, stopRequest,
  type AccessoryEnd, type AudioCodecName, type StartRequest, type VideoRequest,
} from './stream-requests.js';
import { Talker, type TalkOptions } from './talker.js';
import { VideoReceiver } from './video-receiver.js';

/** What Apple devices ask for in local views. */
export const deviceRequest = {
  iphone: { width: 1280, height: 720, fps: 30, bitrateKbps: 299 },
  appleTv: { width: 1920, height: 1080, fps: 30, bitrateKbps: 802 },
  watch: { width: 320, height: 240, fps: 15, bitrateKbps: 68, audioSampleRateKhz: 16 },
} as const;

/** A live view to start. What is left out is as an iPhone in the same house asks. */
export interface LiveOptions extends VideoRequest {
  /** Where sound is asked to be sent to; its own port unless told. */
  readonly audioPort?: number;
  /** 1378 over IPv4, 1228 over IPv6. */
  readonly mtu?: number;
  /** Opus. */
  readonly audioCodec?: AudioCodecName;
  /** 20; 60 and more is a remote viewer. */
  readonly audioPacketTimeMs?: number;
  /** 24. */
  readonly audioSampleRateKhz?: 8 | 16 | 24;
  /** 24. */
  readonly audioBitrateKbps?: number;
  /** False. */
  readonly audioConstantBitrate?: boolean;
  /** 0 baseline, 1 main, 2 high. */
  readonly profile?: 0 | 1 | 2;
  /** 0 is 3.1, 1 is 3.2, 2 is 4.0. */
  readonly level?: 0 | 1 | 2;
  /** Which of the camera's stream management services; the first free one unless told. */
  readonly streamIndex?: number;
  readonly ipVersion?: 'ipv4' | 'ipv6';
  /** Between receiver reports; 500 unless told, 0 sends none. */
  readonly reportEveryMs?: number;
}

/** The first whole keyframe of a view and how long it took, to the arrival of its last packet. */
export interface FirstKeyframe {
  readonly unit: ReceivedUnit;
  readonly sinceStartIssuedMs: number;
  /** Negative when the picture was faster than the answer. */
  readonly sinceStartAnsweredMs: number;
}

/** A prepared session: endpoints are exchanged, START is not written. */
export interface PreparedLive {
  readonly accessory: AccessoryEnd;
  readonly streamIndex: number;
  start(): Promise<LiveReceiver>;
  /** Closes the sockets; the accessory is not told. */
  abandon(): Promise<void>;
}

/** Exchanges endpoints and writes START. Throws `SetupRefused` when the camera is busy. */
export async function startLive(controller: Controller, options: LiveOptions): Promise<LiveReceiver> {
  return (await prepareLive(controller, options)).start();
}

/** Exchanges endpoints only: for the view that never starts. */
export async function prepareLive(controller: Controller, options: LiveOptions): Promise<PreparedLive> {
  const { ipVersion = 'ipv4' } = options;
  const streamIndex = options.streamIndex ?? (await firstFreeStream(controller));
  const video = await VideoReceiver.open({ ipVersion });
  const request = completeRequest(options);
  const audio = await RtpCapture.open(ipVersion, request.audioSampleRateKhz * 1000);
  const abandon = async (): Promise<void> => {
    await Promise.all([video.close(), audio.close()]);
  };
  try {
    const session = randomBytes(16);
    const own = { address: video.capture.address, videoPort: video.capture.port, audioPort: options.audioPort ?? audio.port, videoKeys: randomKeys(), audioKeys: randomKeys() };
    await controller.putTlv(hapService.cameraRtpStreamManagement, hapCharacteristic.setupEndpoints, setupEndpointsRequest(session, own), streamIndex);
    const accessory = readSetupEndpoints(session, await controller.getTlv(hapService.cameraRtpStreamManagement, hapCharacteristic.setupEndpoints, streamIndex));
    video.capture.useKeys(accessory.videoKeys);
    audio.useKeys(accessory.audioKeys);
    const target = { address: accessory.address, port: accessory.videoPort, keys: own.videoKeys, ssrc: request.videoSsrc, mediaSsrc: accessory.videoSsrc };
    const reports = new ReceiverReports(video.capture, target);
    const live = new LiveReceiver(controller, session, request, own.audioKeys, streamIndex, accessory, video, audio, reports);
    return { accessory, streamIndex, abandon, start: () => live.begin(options.reportEveryMs) };
  } catch (error) {
    await abandon();
    throw error;
  }
}

/** START in full, with sources of the viewer's own. */
function completeRequest(options: LiveOptions): StartRequest {
  return {
    ...options,
    profile: options.profile ?? 2,
    level: options.level ?? (options.height > 720 ? 2 : 0),
    mtu: options.mtu ?? (options.ipVersion === 'ipv6' ? 1228 : 1378),
    audioCodec: options.audioCodec ?? 'opus',
    audioPacketTimeMs: options.audioPacketTimeMs ?? 20,
    audioSampleRateKhz: options.audioSampleRateKhz ?? 24,
    audioBitrateKbps: options.audioBitrateKbps ?? 24,
    audioConstantBitrate: options.audioConstantBitrate ?? false,
    videoSsrc: randomInt(1, 2 ** 31),
    audioSsrc: randomInt(1, 2 ** 31),
  };
}

/** A running live view, as the device that watches sees it. */
export class LiveReceiver {
  /** When START was written, on `performance.now()`'s clock. */
  startIssuedMs = 0;
  /** When START was answered. */
  startAnsweredMs = 0;
  /** What comes over `audio`. */
  readonly heard: HeardSound;

  constructor(
    private readonly controller: Controller,
    private readonly session: Buffer,
    private readonly request: StartRequest,
    private readonly audioKeys: SrtpKeys,
    readonly streamIndex: number,
    readonly accessory: AccessoryEnd,
    readonly video: VideoReceiver,
    readonly audio: RtpCapture,
    readonly reports: ReceiverReports,
  ) {
    this.heard = new HeardSound(audio, request.audioSampleRateKhz * 1000);
  }

  /** Writes START and begins to report; `startLive` has done it. */
  async begin(reportEveryMs = 500): Promise<this> {
    const request = startRequest(this.session, this.request);
    this.startIssuedMs = performance.now();
    try {
      await this.select(request);
    } catch (error) {
      await this.abandon();
      throw error;
    }
    this.startAnsweredMs = performance.now();
    this.reports.start(reportEveryMs);
    return this;
  }

  /** The first whole keyframe. Throws when none came within `timeoutMs` from now. */
  async firstKeyframe(timeoutMs = 10_000): Promise<FirstKeyframe> {
    const unit = await this.video.firstKeyframe(timeoutMs);
    return { unit, sinceStartIssuedMs: unit.lastArrivalMs - this.startIssuedMs, sinceStartAnsweredMs: unit.lastArrivalMs - this.startAnsweredMs };
  }

  /** All pictures so far. */
  units(): readonly ReceivedUnit[] {
    return this.video.units();
  }

  /** Waits until `count` pictures have come since the beginning. */
  async waitForUnits(count: number, timeoutMs = 10_000): Promise<readonly ReceivedUnit[]> {
    return this.video.waitForUnits(count, timeoutMs);
  }

  /** Decodes what came, from the first keyframe on. */
  async decode(options: DecodeOptions & { readonly from?: number; readonly to?: number }): Promise<Decoded> {
    return this.video.decode(options);
  }

  /** Makes what is to be said; `start()` begins to say it, from the socket that hears, as a device does while its microphone button is on. */
  async talker(options: TalkOptions): Promise<Talker> {
    const { audioCodec: codec, audioPacketTimeMs: packetTimeMs, audioSampleRateKhz: sampleRateKhz, audioSsrc: ssrc } = this.request;
    const { address, audioPort: port } = this.accessory;
    return Talker.prepare({ socket: this.audio.socket, address, port, keys: this.audioKeys, ssrc, codec, sampleRateKhz, packetTimeMs }, options);
  }

  sendPli(): void {
    this.reports.sendPli();
  }

  sendFir(): void {
    this.reports.sendFir();
  }

  /** Writes RECONFIGURE. */
  async reconfigure(request: VideoRequest): Promise<void> {
    await this.select(reconfigureRequest(this.session, request));
  }

  /** Writes END, receives for `lingerMs` more (what should not be sent any longer shows), closes. */
  async stop({ lingerMs = 50 }: { readonly lingerMs?: number } = {}): Promise<{ readonly answeredMs: number }> {
    this.reports.stop();
    await this.select(stopRequest(this.session));
    const answeredMs = performance.now();
    await sleep(lingerMs);
    await this.closeSockets();
    return { answeredMs };
  }

  /** Vanishes: no more reports, sockets closed, END never written. The HAP connection stays. */
  async abandon(): Promise<void> {
    this.reports.stop();
    await this.closeSockets();
  }

  private async select(value: Buffer): Promise<void> {
    await this.controller.putTlv(hapService.cameraRtpStreamManagement, hapCharacteristic.selectedRtpStreamConfiguration, value, this.streamIndex);
  }

  private async closeSockets(): Promise<void> {
    await Promise.all([this.video.close(), this.audio.close()]);
  }
}

async function firstFreeStream(controller: Controller): Promise<number> {
  const count = await controller.serviceCount(hapService.cameraRtpStreamManagement);
  for (let index = 0; index < count; index += 1) {
    if (isAvailable(await controller.getTlv(hapService.cameraRtpStreamManagement, hapCharacteristic.streamingStatus, index))) {
      return index;
    }
  }
  throw new SetupRefused(1);
}
