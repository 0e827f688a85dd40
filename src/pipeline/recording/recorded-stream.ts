import type { AccessUnit } from '../../media/access-unit.js';
import type { RecordedStream } from '../../policy/recording-choice.js';
import type { PacketStream } from '../packet-stream.js';

/** What is known of what this stream sends now. @param unit any of its present pictures. */
export function recordedStream(packets: PacketStream, { format }: AccessUnit): RecordedStream {
  const measure = packets.measure();
  return {
    codec: format.codec,
    profile: format.profile,
    width: format.width,
    height: format.height,
    bFrames: measure?.bFrames ?? format.reorders === true,
    interlaced: format.interlaced === true,
    openGop: packets.openGop,
    keyframeIntervalMs: measure?.keyframeIntervalMs,
    gopMs: packets.gopMs,
    fps: measure?.fps,
  };
}
