import type { VideoFormat } from './access-unit.js';
import type { Fmp4Track } from './fmp4-reader.js';
import { FormatError } from './format-error.js';
import { videoFormatFromAvcC, videoFormatFromHvcC, type DecoderConfiguration } from './video-format.js';

/**
 * What an MP4 track says of its picture.
 * @throws FormatError for a codec that is neither H.264 nor HEVC, and for NAL lengths of other than four bytes (FFmpeg writes four).
 */
export function videoFormatFromTrack(track: Fmp4Track): VideoFormat {
  const { format, nalLengthBytes } = decoderConfiguration(track);
  if (nalLengthBytes !== 4) {
    throw new FormatError(`NAL lengths of ${nalLengthBytes} bytes`);
  }
  return format;
}

function decoderConfiguration({ codec, config }: Fmp4Track): DecoderConfiguration {
  switch (codec) {
    case 'h264':
      return videoFormatFromAvcC(config);
    case 'hevc':
      return videoFormatFromHvcC(config);
    default:
      throw new FormatError(`the codec ${codec}`);
  }
}
