import { soundFormats } from './sound-formats.js';

/** What the speaker takes; `g726` and `pcm_mulaw16` are what the plugin cannot, or should not, send. */
export type SpeakerFormat = 'pcm_mulaw' | 'pcm_alaw' | 'aac' | 'g726' | 'pcm_mulaw16';

/** A speaker that can be talked to by ONVIF's backchannel (Streaming Specification 5.3). */
export interface SpeakerSettings {
  /** In this order in the session description. */
  readonly formats: readonly SpeakerFormat[];
  /** Somebody else talks: SETUP is answered with 453. */
  readonly busy?: boolean;
  /** Every PLAY of the backchannel is answered with it. */
  readonly playStatus?: 454 | 455;
  /** PLAY and TEARDOWN of the backchannel are only looked at after so long. */
  readonly takesMs?: number;
  /** Who goes without TEARDOWN keeps the speaker for so long. */
  readonly lingersMs?: number;
  /** Of the session, as SETUP says it; default 60. */
  readonly sessionTimeoutSeconds?: number;
  /** GET_PARAMETER is answered with 501. */
  readonly withoutGetParameter?: boolean;
  /** `a=tool:` of the session description. */
  readonly tool?: string;
}

/** An RTP packet that came for the speaker. */
export interface HeardPacket {
  /** `performance.now()` when it arrived. */
  readonly arrivalMs: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly payload: Buffer;
}

/** A request of somebody who wants to talk, or talks. */
export interface TalkRequest {
  readonly method: string;
  /** Whether it had the Require header of the backchannel. */
  readonly required: boolean;
}

/** The Require header of who wants to talk. */
export const backchannelFeature = 'www.onvif.org/ver20/backchannel';
export const speakerControl = 'audioback';

interface AnnouncedFormat {
  readonly payloadType: number;
  readonly rtpmap: string;
  readonly fmtp?: string | undefined;
}

/** How each is announced; also what was heard is told apart by the payload types. */
export const announced: Readonly<Record<SpeakerFormat, AnnouncedFormat>> = {
  pcm_mulaw: soundFormats.pcmu,
  pcm_alaw: soundFormats.pcma,
  aac: soundFormats.aac,
  g726: soundFormats.g726,
  pcm_mulaw16: { payloadType: 104, rtpmap: 'PCMU/16000' },
};

/** The speaker's lines of the session description. */
export function speakerLines({ formats }: SpeakerSettings): string[] {
  const all = formats.map((format) => announced[format]);
  return [
    `m=audio 0 RTP/AVP ${all.map(({ payloadType }) => payloadType).join(' ')}`,
    ...all.flatMap(({ payloadType, rtpmap, fmtp }) => [`a=rtpmap:${payloadType} ${rtpmap}`, ...(fmtp === undefined ? [] : [`a=fmtp:${payloadType} ${fmtp}`])]),
    `a=control:${speakerControl}`,
    'a=sendonly',
  ];
}

/** What was said to the camera, over all connections. */
export class Speaker {
  readonly heard: HeardPacket[] = [];
  readonly requests: TalkRequest[] = [];

  hear(packet: Buffer): void {
    if (packet.length < 12 || packet.readUInt8(0) !== 0x80) {
      throw new Error('Not an RTP packet.');
    }
    this.heard.push({
      arrivalMs: performance.now(),
      marker: packet.readUInt8(1) >= 0x80,
      payloadType: packet.readUInt8(1) & 0x7f,
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      ssrc: packet.readUInt32BE(8),
      payload: Buffer.from(packet.subarray(12)),
    });
  }
}
