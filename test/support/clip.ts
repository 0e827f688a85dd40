/** Checks of a recorded clip, by an own reading of its boxes and by the real FFmpeg; nothing of the plugin's code. */
export { decodeClip, type ClipPicture, type ClipSound, type DecodeClipOptions, type DecodedClip } from './clip/decode.js';
export type { ClipFragment, FragmentRun } from './clip/fragment.js';
export { inspectClip, type ClipFacts } from './clip/inspect.js';
export { soundAgainstPicture, type FlashAndBeep } from './clip/sound-against-picture.js';
export type { ClipTrack } from './clip/track.js';
