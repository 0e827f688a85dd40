import type { AccessUnit, VideoFormat } from '../media/access-unit.js';
import { Fmp4Reader, type Fmp4Track } from '../media/fmp4-reader.js';
import { isKeyframe } from '../media/nal.js';
import { videoFormatFromTrack } from '../media/video-format.js';

/** Reads what an encoder writes. @param baseMs what its times are counted from, on the process clock; asked when they are needed. */
export function unitReader(baseMs: () => number, onUnit: (unit: AccessUnit) => void): Fmp4Reader {
  let known: { readonly track: Fmp4Track; readonly format: VideoFormat } | undefined;
  return new Fmp4Reader({
    onTracks: (tracks) => {
      const track = tracks.find(({ kind }) => kind === 'video');
      known = track && { track, format: videoFormatFromTrack(track) };
    },
    onSample: ({ decodeTime, compositionOffset, data }) => {
      if (known) {
        const { track, format } = known;
        const decodeTimeMs = baseMs() + ((decodeTime + track.presentationOffset) / track.timescale) * 1000;
        const timeMs = decodeTimeMs + (compositionOffset / track.timescale) * 1000;
        onUnit({ format, data, keyframe: isKeyframe(format.codec, data), timeMs, decodeTimeMs });
      }
    },
  });
}
