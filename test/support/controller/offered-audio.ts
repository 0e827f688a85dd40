import { audioCodecs, type AudioCodecName } from './stream-requests.js';
import { decodeTlv, tlvItem, tlvList } from './tlv8.js';

/** One codec of live sound that an accessory offers. */
export interface OfferedAudio {
  /** HAP's number where it is none that Apple devices take. */
  readonly codec: AudioCodecName | number;
  readonly channels: number;
  readonly constantBitrate: boolean;
  /** In kHz, in the order offered. */
  readonly sampleRatesKhz: readonly number[];
}

/** Reads a SupportedAudioStreamConfiguration (HAP R13 10.121), in the order offered: devices take the first that they know. */
export function readOfferedAudio(configuration: Buffer): OfferedAudio[] {
  return tlvList(configuration, 1).map((one) => {
    const items = decodeTlv(one);
    const parameters = tlvItem(items, 2, 'parameters of the sound codec');
    const details = decodeTlv(parameters);
    const type = tlvItem(items, 1, 'type of the sound codec').readUInt8();
    return {
      codec: codecName(type) ?? type,
      channels: tlvItem(details, 1, 'number of channels').readUInt8(),
      constantBitrate: tlvItem(details, 2, 'bitrate mode').readUInt8() === 1,
      sampleRatesKhz: tlvList(parameters, 3).map((rate) => (rate.readUInt8() + 1) * 8),
    };
  });
}

function codecName(type: number): AudioCodecName | undefined {
  return (['aac-eld', 'opus'] as const).find((name) => audioCodecs[name] === type);
}
