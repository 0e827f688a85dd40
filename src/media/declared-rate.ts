import type { VideoFormat } from './access-unit.js';
import { parseH264Sps } from './h264-sps.js';
import { parseHevcSps } from './hevc-sps.js';
import { h264Nal, hevcNal, nalType } from './nal.js';

/** Pictures a second as the parameter sets declare them, which need not be so; undefined where they say nothing. */
export function declaredFps({ codec, parameterSets }: Pick<VideoFormat, 'codec' | 'parameterSets'>): number | undefined {
  const spsType = codec === 'h264' ? h264Nal.sps : hevcNal.sps;
  const sps = parameterSets.find((set) => nalType(codec, set[0] ?? 0) === spsType);
  return sps && (codec === 'h264' ? parseH264Sps(sps) : parseHevcSps(sps)).fps;
}
