/** What codecs are called by people, by FFmpeg's names of them. */
const names: Readonly<Record<string, string>> = {
  h264: 'H.264',
  hevc: 'HEVC',
  mjpeg: 'MJPEG',
  rawvideo: 'uncompressed pictures',
  mpeg4: 'MPEG-4',
  vp8: 'VP8',
  vp9: 'VP9',
  av1: 'AV1',
  aac: 'AAC',
  opus: 'Opus',
  mp3: 'MP3',
  pcm_mulaw: 'G.711 mu-law',
  pcm_alaw: 'G.711 A-law',
};

/** FFmpeg's own name where nobody calls it otherwise. Pure. */
export function codecName(codec: string): string {
  return names[codec] ?? codec;
}
