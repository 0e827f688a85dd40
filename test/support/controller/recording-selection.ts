import { decodeTlv, encodeTlv, tlvItem, tlvList, uint16, uint32 } from './tlv8.js';

/** What a home hub selects for recording. What is left out is as a hub asks for 1080p indoors. */
export interface RecordingSelection {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** 2000 unless told. */
  readonly bitrateKbps?: number;
  /** H.264 profile as HAP numbers it: 0 baseline, 1 main, 2 high (unless told). */
  readonly profile?: 0 | 1 | 2;
  /** H.264 level as HAP numbers it: 0 is 3.1 (unless told), 1 is 3.2, 2 is 4.0 (unless told, above 720 lines). */
  readonly level?: 0 | 1 | 2;
  /** Distance of the keyframes, which is also the fragment length; 4000 unless told. */
  readonly fragmentMs?: number;
  /** 4000 unless told. */
  readonly prebufferMs?: number;
}

/** A selection as the accessory holds it. */
export interface SelectedRecording extends Required<RecordingSelection> {
  readonly iFrameIntervalMs: number;
  /** Bits: 1 motion, 2 doorbell. */
  readonly eventTriggers: number;
  /** 0 is AAC-LC, 1 is AAC-ELD. */
  readonly audioCodec: number;
  readonly audioChannels: number;
  /** 0 to 5: 8, 16, 24, 32, 44.1, 48 kHz. */
  readonly audioSampleRate: number;
  readonly audioBitrateKbps: number;
}

/** What the accessory says it can record. */
export interface SupportedRecording {
  readonly prebufferMs: number;
  /** Bits: 1 motion, 2 doorbell. */
  readonly eventTriggers: number;
  readonly fragmentMs: number;
  readonly profiles: readonly number[];
  readonly levels: readonly number[];
  readonly resolutions: readonly { readonly width: number; readonly height: number; readonly fps: number }[];
  readonly audioCodecs: readonly { readonly codec: number; readonly channels: number; readonly sampleRates: readonly number[] }[];
}

const motion = 1;
const kHz32 = 3;
const aacLc = 0;

/** The SelectedCameraRecordingConfiguration write, with AAC-LC mono at 32 kHz as every hub selects. */
export function recordingSelection(selection: RecordingSelection): Buffer {
  const { width, height, fps, bitrateKbps = 2000, profile = 2, level = height > 720 ? 2 : 0, fragmentMs = 4000, prebufferMs = 4000 } = selection;
  const container = encodeTlv([1, 0], [2, encodeTlv([1, uint32(fragmentMs)])]);
  const codec = encodeTlv([1, profile], [2, level], [3, uint32(bitrateKbps)], [4, uint32(fragmentMs)]);
  const attributes = encodeTlv([1, uint16(width)], [2, uint16(height)], [3, fps]);
  const audio = encodeTlv([1, 1], [2, 0], [3, kHz32], [4, uint32(64)]);
  return encodeTlv(
    [1, encodeTlv([1, uint32(prebufferMs)], [2, Buffer.concat([uint32(motion), uint32(0)])], [3, container])],
    [2, encodeTlv([1, 0], [2, codec], [3, attributes])],
    [3, encodeTlv([1, aacLc], [2, audio])],
  );
}

/** Reads a SelectedCameraRecordingConfiguration. */
export function readRecordingSelection(value: Buffer): SelectedRecording {
  const items = decodeTlv(value);
  const recording = nested(items, 1, 'selected recording');
  const video = nested(items, 2, 'selected picture');
  const audio = nested(items, 3, 'selected sound');
  const codec = nested(video, 2, 'codec parameters');
  const attributes = nested(video, 3, 'picture attributes');
  const sound = nested(audio, 2, 'sound parameters');
  return {
    width: tlvItem(attributes, 1, 'width').readUInt16LE(),
    height: tlvItem(attributes, 2, 'height').readUInt16LE(),
    fps: tlvItem(attributes, 3, 'frame rate').readUInt8(),
    bitrateKbps: tlvItem(codec, 3, 'bitrate').readUInt32LE(),
    profile: tlvItem(codec, 1, 'profile').readUInt8() as 0 | 1 | 2,
    level: tlvItem(codec, 2, 'level').readUInt8() as 0 | 1 | 2,
    iFrameIntervalMs: tlvItem(codec, 4, 'keyframe distance').readUInt32LE(),
    fragmentMs: fragmentLength(recording),
    prebufferMs: tlvItem(recording, 1, 'prebuffer length').readUInt32LE(),
    eventTriggers: tlvItem(recording, 2, 'event triggers').readUInt32LE(),
    audioCodec: tlvItem(audio, 1, 'sound codec').readUInt8(),
    audioChannels: tlvItem(sound, 1, 'channels').readUInt8(),
    audioSampleRate: tlvItem(sound, 3, 'sample rate').readUInt8(),
    audioBitrateKbps: tlvItem(sound, 4, 'sound bitrate').readUInt32LE(),
  };
}

/** Reads the three Supported...RecordingConfiguration characteristics. */
export function readSupportedRecording(camera: Buffer, video: Buffer, audio: Buffer): SupportedRecording {
  const recording = decodeTlv(camera);
  const codec = nested(decodeTlv(video), 1, 'picture codec');
  const parameters = tlvItem(codec, 2, 'codec parameters');
  return {
    prebufferMs: tlvItem(recording, 1, 'prebuffer length').readUInt32LE(),
    eventTriggers: tlvItem(recording, 2, 'event triggers').readUInt32LE(),
    fragmentMs: fragmentLength(recording),
    profiles: tlvList(parameters, 1).map((item) => item.readUInt8()),
    levels: tlvList(parameters, 2).map((item) => item.readUInt8()),
    resolutions: tlvList(tlvOf(video, 1), 3).map((item) => {
      const attributes = decodeTlv(item);
      return {
        width: tlvItem(attributes, 1, 'width').readUInt16LE(),
        height: tlvItem(attributes, 2, 'height').readUInt16LE(),
        fps: tlvItem(attributes, 3, 'frame rate').readUInt8(),
      };
    }),
    audioCodecs: tlvList(audio, 1).map((item) => {
      const one = tlvOf(item, 2);
      return {
        codec: tlvOf(item, 1).readUInt8(),
        channels: tlvOf(one, 1).readUInt8(),
        sampleRates: tlvList(one, 3).map((rate) => rate.readUInt8()),
      };
    }),
  };
}

function fragmentLength(recording: ReadonlyMap<number, Buffer>): number {
  const container = nested(recording, 3, 'media container');
  return tlvItem(nested(container, 2, 'container parameters'), 1, 'fragment length').readUInt32LE();
}

function nested(items: ReadonlyMap<number, Buffer>, type: number, what: string): Map<number, Buffer> {
  return decodeTlv(tlvItem(items, type, what));
}

function tlvOf(data: Buffer, type: number): Buffer {
  return tlvList(data, type)[0] ?? fail(`The accessory's answer has no TLV of type ${type}.`);
}

function fail(message: string): never {
  throw new Error(message);
}
