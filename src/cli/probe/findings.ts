import type { AudioFormat } from '../../media/audio-packet.js';
import type { VideoFormat } from '../../media/access-unit.js';
import type { StreamMeasure } from '../../media/stream-measure.js';
import type { BackchannelFinding } from '../../pipeline/talkback/find-backchannel.js';
import type { TakenPicture } from '../../pipeline/source/known-picture.js';
import type { StreamFacts } from '../../policy/live-choice.js';
import type { MotionStream } from '../../policy/motion-source.js';
import type { RecordedStream } from '../../policy/recording-choice.js';

/** What was found out about one of a camera's streams. Pictures and sound as they lie in its ring. */
export interface StreamFindings {
  readonly name: 'main' | 'sub';
  /** From the beginning to the first picture. */
  readonly firstPictureMs: number;
  readonly format: VideoFormat;
  /** Pictures a second, as its parameter sets say. */
  readonly declaredFps: number | undefined;
  /** Undefined where too little came. */
  readonly measure: StreamMeasure | undefined;
  /** How its picture got there. */
  readonly taken: TakenPicture;
  /** Undefined where there is none, or none that can be kept. */
  readonly sound: AudioFormat | undefined;
  /** The same as the policies see it. */
  readonly facts: StreamFacts;
  readonly recorded: RecordedStream;
  readonly motion: MotionStream;
}

/** What was found out about a camera. */
export interface CameraFindings {
  readonly main: StreamFindings;
  readonly sub: StreamFindings | undefined;
  /** Undefined where it was not asked, or did not say. */
  readonly speaker: BackchannelFinding | undefined;
  /** What the log would have warned of. */
  readonly warnings: readonly string[];
}
