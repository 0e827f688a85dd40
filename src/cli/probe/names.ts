import { codecNames as videoNames } from '../../policy/hardware-choice.js';

/** What codecs are called by people; FFmpeg's own name where nobody calls them otherwise. */
const names: Readonly<Record<string, string>> = {
  ...videoNames,
  mjpeg: 'MJPEG',
  rawvideo: 'uncompressed pictures',
  mpeg4: 'MPEG-4',
  aac: 'AAC',
  opus: 'Opus',
  mp3: 'MP3',
  pcm_mulaw: 'G.711 mu-law',
  pcm_alaw: 'G.711 A-law',
};

export function codecName(codec: string): string {
  return names[codec] ?? codec;
}
