import { decodeTlv, encodeTlv, float32, tlvItem, uint16, uint32 } from './tlv8.js';
import type { SrtpKeys } from './rtp-capture.js';

/** One end of a session: where it receives, and the keys it sends with. */
export interface SessionEnd {
  readonly address: string;
  readonly videoPort: number;
  readonly audioPort: number;
  readonly videoKeys: SrtpKeys;
  readonly audioKeys: SrtpKeys;
}

/** What the accessory announces in SetupEndpoints. */
export interface AccessoryEnd extends SessionEnd {
  readonly videoSsrc: number;
  readonly audioSsrc: number;
}

/** What HomeKit's live sound comes in. */
export type AudioCodecName = keyof typeof audioCodecs;

/** As HAP numbers them (HAP R13 10.121.2). */
export const audioCodecs = { 'aac-eld': 2, opus: 3 } as const;

/** What START names for live sound, in both directions. */
export const audioPayloadType = 110;

/** The picture that a viewer asks for. */
export interface VideoRequest {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly bitrateKbps: number;
  /** Seconds between RTCP reports; 0.5 unless told. */
  readonly rtcpInterval?: number;
}

/** All that START says. */
export interface StartRequest extends VideoRequest {
  /** H.264 profile as HAP numbers it: 0 baseline, 1 main, 2 high. */
  readonly profile: number;
  /** H.264 level as HAP numbers it: 0 is 3.1, 1 is 3.2, 2 is 4.0. */
  readonly level: number;
  readonly mtu: number;
  readonly audioCodec: AudioCodecName;
  readonly audioPacketTimeMs: number;
  /** 8, 16 or 24. */
  readonly audioSampleRateKhz: number;
  readonly audioBitrateKbps: number;
  readonly audioConstantBitrate: boolean;
  readonly videoSsrc: number;
  readonly audioSsrc: number;
}

/** SetupEndpoints refused: another viewer has this stream (1), or the camera could not prepare it (2). */
export class SetupRefused extends Error {
  constructor(readonly status: number) {
    super(`SetupEndpoints was answered with status ${status} (${status === 1 ? 'busy' : 'error'}).`);
  }
}

const command = { end: 0, start: 1, reconfigure: 4 } as const;
const videoPayloadType = 99;
const comfortNoisePayloadType = 13;

/** The SetupEndpoints write (HAP R13 10.122 ff). */
export function setupEndpointsRequest(session: Buffer, end: SessionEnd): Buffer {
  const version = end.address.includes(':') ? 1 : 0;
  return encodeTlv(
    [1, session],
    [3, encodeTlv([1, version], [2, end.address], [3, uint16(end.videoPort)], [4, uint16(end.audioPort)])],
    [4, srtpParameters(end.videoKeys)],
    [5, srtpParameters(end.audioKeys)],
  );
}

/** The SetupEndpoints read. Throws `SetupRefused`, and when the answer belongs to another session. */
export function readSetupEndpoints(session: Buffer, response: Buffer): AccessoryEnd {
  const items = decodeTlv(response);
  const status = items.get(2)?.[0] ?? 0;
  if (status !== 0) {
    throw new SetupRefused(status);
  }
  if (!tlvItem(items, 1, 'session').equals(session)) {
    throw new Error('SetupEndpoints answers for another session.');
  }
  const address = decodeTlv(tlvItem(items, 3, 'address'));
  return {
    address: tlvItem(address, 2, 'IP address').toString(),
    videoPort: tlvItem(address, 3, 'video port').readUInt16LE(0),
    audioPort: tlvItem(address, 4, 'audio port').readUInt16LE(0),
    videoKeys: readSrtpParameters(tlvItem(items, 4, 'video keys')),
    audioKeys: readSrtpParameters(tlvItem(items, 5, 'audio keys')),
    videoSsrc: tlvItem(items, 6, 'video SSRC').readUInt32LE(0),
    audioSsrc: tlvItem(items, 7, 'audio SSRC').readUInt32LE(0),
  };
}

/** SelectedRTPStreamConfiguration, START. */
export function startRequest(session: Buffer, request: StartRequest): Buffer {
  const interval = float32(request.rtcpInterval ?? 0.5);
  const codec = encodeTlv([1, request.profile], [2, request.level], [3, 0], [4, 0]);
  const rtp = encodeTlv([1, videoPayloadType], [2, uint32(request.videoSsrc)], [3, uint16(request.bitrateKbps)], [4, interval], [5, uint16(request.mtu)]);
  const audioCodec = encodeTlv([1, 1], [2, request.audioConstantBitrate ? 1 : 0], [3, request.audioSampleRateKhz / 8 - 1], [4, request.audioPacketTimeMs]);
  // iOS asks for audio reports every five seconds.
  const audioRtp = encodeTlv([1, audioPayloadType], [2, uint32(request.audioSsrc)], [3, uint16(request.audioBitrateKbps)], [4, float32(5)], [6, comfortNoisePayloadType]);
  return encodeTlv(
    [1, sessionControl(session, command.start)],
    [2, encodeTlv([1, 0], [2, codec], [3, videoAttributes(request)], [4, rtp])],
    [3, encodeTlv([1, audioCodecs[request.audioCodec]], [2, audioCodec], [3, audioRtp], [4, 0])],
  );
}

/** SelectedRTPStreamConfiguration, RECONFIGURE. */
export function reconfigureRequest(session: Buffer, request: VideoRequest): Buffer {
  const rtp = encodeTlv([3, uint16(request.bitrateKbps)], [4, float32(request.rtcpInterval ?? 0.5)]);
  return encodeTlv([1, sessionControl(session, command.reconfigure)], [2, encodeTlv([3, videoAttributes(request)], [4, rtp])]);
}

/** SelectedRTPStreamConfiguration, END. */
export function stopRequest(session: Buffer): Buffer {
  return encodeTlv([1, sessionControl(session, command.end)]);
}

/** Is a stream management service free? From its StreamingStatus. */
export function isAvailable(streamingStatus: Buffer): boolean {
  return decodeTlv(streamingStatus).get(1)?.[0] === 0;
}

function sessionControl(session: Buffer, what: number): Buffer {
  return encodeTlv([1, session], [2, what]);
}

function videoAttributes({ width, height, fps }: VideoRequest): Buffer {
  return encodeTlv([1, uint16(width)], [2, uint16(height)], [3, fps]);
}

/** Suite 0: AES_CM_128_HMAC_SHA1_80. */
function srtpParameters({ key, salt }: SrtpKeys): Buffer {
  return encodeTlv([1, 0], [2, key], [3, salt]);
}

function readSrtpParameters(data: Buffer): SrtpKeys {
  const items = decodeTlv(data);
  const suite = items.get(1)?.[0];
  if (suite !== 0) {
    throw new Error(`The accessory chose SRTP suite ${String(suite)}, not AES_CM_128_HMAC_SHA1_80.`);
  }
  return { key: tlvItem(items, 2, 'SRTP key'), salt: tlvItem(items, 3, 'SRTP salt') };
}
