import { Buffer } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { Fmp4Reader, type Fmp4Sample, type Fmp4Track } from '../../src/media/fmp4-reader.js';
import { type TrackRun, writeFragment, writeFragmentOfTracks, writeInit } from '../../src/media/fmp4-writer.js';
import { videoFormatFromTrack } from '../../src/media/video-format.js';
import { ffmpegPath } from '../support/house.js';

/** Anything that FFmpeg has to say is an error here. */
function ffmpeg(args: readonly string[], input: Buffer = Buffer.alloc(0)): Buffer {
  const { status, stdout, stderr } = spawnSync(ffmpegPath, ['-hide_banner', '-v', 'warning', ...args], { input, maxBuffer: 64 << 20 });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

function read(bytes: Buffer): { readonly track: Fmp4Track | undefined; readonly samples: readonly Fmp4Sample[] } {
  let tracks: readonly Fmp4Track[] = [];
  const samples: Fmp4Sample[] = [];
  new Fmp4Reader({ onTracks: (found) => void (tracks = found), onSample: (sample) => void samples.push(sample) }).push(bytes);
  return { track: tracks[0], samples };
}

const noise = ['-f', 'lavfi', '-t', '2', '-i', 'anoisesrc=seed=7:r=48000:d=2:a=0.3'];
const perFrame = ['-movflags', 'frag_every_frame+delay_moov+default_base_moof'];

test.each([
  { entry: 'ulaw', output: ['-c:a', 'pcm_mulaw', '-ar', '8000', '-f', 'mov'] },
  { entry: 'alaw', output: ['-c:a', 'pcm_alaw', '-ar', '8000', '-ac', '2', '-f', 'mov'] },
  { entry: 'twos', output: ['-c:a', 'pcm_s16be', '-ar', '16000', '-f', 'mov'] },
  { entry: 'sowt', output: ['-c:a', 'pcm_s16le', '-ar', '44100', '-ac', '2', '-f', 'mov'] },
  { entry: 'lpcm', output: ['-c:a', 'pcm_s16le', '-ar', '96000', '-f', 'mov'] },
  { entry: 'mp4a', output: ['-c:a', 'aac', '-ar', '16000', '-f', 'mov'] },
  { entry: 'mp4a', output: ['-c:a', 'aac', '-ar', '96000', '-f', 'mov'] },
  { entry: 'mp4a', output: ['-c:a', 'aac', '-ar', '32000', '-f', 'mp4'] },
  { entry: '.mp3', output: ['-c:a', 'libmp3lame', '-ar', '44100', '-ac', '2', '-f', 'mov'] },
  { entry: 'Opus', output: ['-c:a', 'libopus', '-b:a', '48k', '-f', 'mp4'] },
  { entry: 'ima4', output: ['-c:a', 'adpcm_ima_qt', '-ar', '16000', '-f', 'mov'] },
  { entry: 'alac', output: ['-c:a', 'alac', '-sample_fmt', 's16p', '-ar', '16000', '-f', 'mov'] },
] as const)('$entry passed on by its sample entry is heard the same: $output', ({ entry, output }) => {
  const theirs = ffmpeg([...noise, ...perFrame, ...output, 'pipe:1']);
  const { track, samples } = read(theirs);
  if (track?.kind !== 'audio') {
    throw new Error('no sound');
  }
  expect(Buffer.from(track.sampleEntry).toString('latin1', 4, 8)).toBe(entry);
  expect(theirs.includes(Buffer.from(track.sampleEntry))).toBe(true);
  const ours = [
    writeInit({ codec: 'copied', sampleEntry: track.sampleEntry, timescale: track.timescale }),
    ...samples.flatMap(({ data, decodeTime, duration }, index) =>
      writeFragment({ sequence: index + 1, baseDecodeTimeTicks: decodeTime, samples: [{ data, durationTicks: duration, keyframe: true, compositionOffsetTicks: 0 }] }),
    ),
  ];
  // Edit lists are the reader's business: without them both are decoded from their first sample on.
  const pcm = (file: Buffer): Buffer => ffmpeg(['-ignore_editlist', '1', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], file);
  const heard = pcm(Buffer.concat(ours));
  expect(heard.length / 2 / track.channels / track.sampleRate).toBeCloseTo(2, 0);
  expect(heard.equals(pcm(theirs))).toBe(true);
});

test.each([
  { codec: 'H.264', encoder: ['-c:v', 'libx264', '-preset', 'ultrafast'] },
  { codec: 'HEVC', encoder: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:bframes=0'] },
])('passed on in one file with a picture in $codec, both are as they were', ({ encoder }) => {
  const theirSound = ffmpeg([...noise, ...perFrame, '-c:a', 'aac', '-ar', '16000', '-f', 'mov', 'pipe:1']);
  const theirPicture = ffmpeg(['-f', 'lavfi', '-t', '2', '-i', 'testsrc2=s=320x180:r=25', ...encoder, ...perFrame, '-f', 'mp4', 'pipe:1']);
  const [sound, picture] = [read(theirSound), read(theirPicture)];
  if (sound.track?.kind !== 'audio' || !picture.track) {
    throw new Error('no tracks');
  }
  const run = (trackId: number, samples: readonly Fmp4Sample[]): TrackRun => ({
    trackId,
    baseDecodeTimeTicks: 0,
    samples: samples.map(({ data, duration, sync }) => ({ data, durationTicks: duration, keyframe: sync, compositionOffsetTicks: 0 })),
  });
  const { sampleEntry, timescale } = sound.track;
  const ours = Buffer.concat([
    writeInit({ ...videoFormatFromTrack(picture.track), timescale: picture.track.timescale }, { codec: 'copied', sampleEntry, timescale }),
    ...writeFragmentOfTracks(1, [run(1, picture.samples), run(2, sound.samples)]),
  ]);
  const pcm = ['-ignore_editlist', '1', '-i', 'pipe:0', '-map', '0:a', '-f', 's16le', 'pipe:1'];
  const pixels = ['-ignore_editlist', '1', '-i', 'pipe:0', '-map', '0:v', '-f', 'rawvideo', 'pipe:1'];
  expect(ffmpeg(pcm, ours).equals(ffmpeg(pcm, theirSound))).toBe(true);
  expect(ffmpeg(pixels, ours).equals(ffmpeg(pixels, theirPicture))).toBe(true);
});
