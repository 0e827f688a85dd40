import { Buffer } from 'node:buffer';
import type { VideoFormat } from './access-unit.js';
import { writeAvcC, writeHvcC } from './decoder-configuration.js';
import { type AacSound, aacSampleEntry } from './fmp4-audio-entries.js';
import { box, fullBox, put, text, u16, u32 } from './fmp4-box-writer.js';
import { fourcc } from './fmp4-boxes.js';

export interface VideoTrackToWrite extends VideoFormat {
  /** Ticks per second of the fragments' times. */
  readonly timescale: number;
}

export interface AudioTrackToWrite extends AacSound {
  readonly codec: 'aac';
  readonly timescale: number;
}

/** Sound of any codec, as another file has it. */
export interface CopiedAudioTrackToWrite {
  readonly codec: 'copied';
  /** `Fmp4AudioTrack.sampleEntry`, or one made by `opusSampleEntry` or `aacSampleEntry`. */
  readonly sampleEntry: Uint8Array;
  readonly timescale: number;
}

export type TrackToWrite = VideoTrackToWrite | AudioTrackToWrite | CopiedAudioTrackToWrite;

/** Times in ticks of the track's timescale, whole numbers. */
export interface SampleToWrite {
  /** NAL units with lengths of four bytes, or one AAC frame without ADTS header. Not copied. */
  readonly data: Uint8Array;
  /** 0 where it is not known yet: readers take the next fragment's time. */
  readonly durationTicks: number;
  readonly keyframe: boolean;
  /** Time of presentation minus time of decoding. May be negative, but FFmpeg (5.1) then reads the whole track later by the most negative one. */
  readonly compositionOffsetTicks: number;
}

/** Samples of one track that follow on each other. */
export interface TrackRun {
  /** Position in the list given to `writeInit`, counted from 1. 1 where left out. */
  readonly trackId?: number;
  /** Of the first sample; not negative. */
  readonly baseDecodeTimeTicks: number;
  readonly samples: readonly SampleToWrite[];
}

export interface FragmentToWrite extends TrackRun {
  /** Counts the fragments from 1. */
  readonly sequence: number;
}

/** mvhd needs one, and with fragments nothing is measured in it. */
const movieTimescale = 1000;

/** sample_flags (ISO/IEC 14496-12 8.8.3.1): depends on no other sample; depends on others and is no sync sample. */
const sampleFlags = { sync: 0x0200_0000, nonSync: 0x0101_0000 } as const;

/**
 * ftyp and moov (ISO/IEC 14496-12 8.1, 8.2) of a fragmented file. The tracks get the ids 1, 2, ... With a copied track it is a
 * QuickTime file: FFmpeg writes many codecs to MOV only, and their entries have fields that MP4 does not have.
 */
export function writeInit(...tracks: readonly TrackToWrite[]): Buffer {
  const isQuickTime = tracks.some(({ codec }) => codec === 'copied');
  const ftyp = isQuickTime ? box('ftyp', text('qt  '), u32(512), text('qt  ')) : box('ftyp', text('iso5'), u32(512), text('iso5iso6mp41'));
  const traks = tracks.map((track, index) => writeTrak(track, index + 1));
  const trexs = tracks.map((_, index) => fullBox('trex', 0, 0, u32(index + 1, 1, 0, 0, 0)));
  return Buffer.concat([ftyp, box('moov', writeMvhd(tracks.length), ...traks, box('mvex', ...trexs))]);
}

/** moof and mdat of one track: the header of both, then the samples' own memory, to be written out one after the other (`writev`). */
export function writeFragment({ sequence, ...run }: FragmentToWrite): Uint8Array[] {
  return writeFragmentOfTracks(sequence, [run]);
}

/** As `writeFragment`, with samples of several tracks in one mdat, run after run: a HomeKit Secure Video fragment is one moof and one mdat. */
export function writeFragmentOfTracks(sequence: number, runs: readonly TrackRun[]): Uint8Array[] {
  const moofBytes = 24 + runs.reduce((sum, { samples }) => sum + 64 + 16 * samples.length, 0);
  const header = Buffer.allocUnsafe(moofBytes + 8);
  const out: Uint8Array[] = [header];
  let dataOffset = moofBytes + 8;
  let at = put(header, 0, moofBytes, fourcc('moof'), 16, fourcc('mfhd'), 0, sequence);
  for (const { trackId = 1, baseDecodeTimeTicks, samples } of runs) {
    const count = samples.length;
    at = put(header, at, 64 + 16 * count, fourcc('traf'));
    at = put(header, at, 16, fourcc('tfhd'), 0x020000, trackId); // default-base-is-moof
    at = put(header, at, 20, fourcc('tfdt'), 0x01000000, Math.floor(baseDecodeTimeTicks / 2 ** 32), baseDecodeTimeTicks % 2 ** 32);
    // Version 1 has signed composition offsets; each sample tells duration, size, flags and offset.
    at = put(header, at, 20 + 16 * count, fourcc('trun'), 0x01000f01, count, dataOffset);
    for (const { data, durationTicks, keyframe, compositionOffsetTicks } of samples) {
      at = put(header, at, durationTicks, data.length, keyframe ? sampleFlags.sync : sampleFlags.nonSync, compositionOffsetTicks >>> 0);
      dataOffset += data.length;
      out.push(data);
    }
  }
  put(header, at, dataOffset - moofBytes, fourcc('mdat'));
  return out;
}

function writeMvhd(trackCount: number): Buffer {
  return fullBox('mvhd', 0, 0, u32(0, 0, movieTimescale, 0, 0x10000), u16(0x100, 0), u32(0, 0), matrix, u32(0, 0, 0, 0, 0, 0), u32(trackCount + 1));
}

function writeTrak(track: TrackToWrite, id: number): Buffer {
  const isAudio = track.codec === 'aac' || track.codec === 'copied';
  const fixed16 = isAudio ? u32(0, 0) : u32(track.width * 0x10000, track.height * 0x10000);
  // Flags: enabled, in the movie (8.3.2).
  const tkhd = fullBox('tkhd', 0, 3, u32(0, 0, id, 0, 0), u32(0, 0), u16(0, 0, isAudio ? 0x100 : 0, 0), matrix, fixed16);
  const mdhd = fullBox('mdhd', 0, 0, u32(0, 0, track.timescale, 0), u16(undetermined, 0));
  const hdlr = fullBox('hdlr', 0, 0, u32(0), text(isAudio ? 'soun' : 'vide'), u32(0, 0, 0), text(isAudio ? 'SoundHandler\0' : 'VideoHandler\0'));
  const mediaHeader = isAudio ? fullBox('smhd', 0, 0, u32(0)) : fullBox('vmhd', 0, 1, u32(0, 0));
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
  const stsd = fullBox('stsd', 0, 0, u32(1), writeSampleEntry(track));
  const empty = ['stts', 'stsc', 'stco'].map((type) => fullBox(type, 0, 0, u32(0)));
  const stbl = box('stbl', stsd, ...empty, fullBox('stsz', 0, 0, u32(0, 0)));
  return box('trak', tkhd, box('mdia', mdhd, hdlr, box('minf', mediaHeader, dinf, stbl)));
}

/** The language code "und", five bits a letter (8.4.2.3). */
const undetermined = 0x55c4;

function writeSampleEntry(track: TrackToWrite): Uint8Array {
  switch (track.codec) {
    case 'copied':
      return track.sampleEntry;
    case 'aac':
      return aacSampleEntry(track);
    case 'h264':
    case 'hevc':
      return writeVisualEntry(track);
  }
}

/** VisualSampleEntry (12.1.3): 72 dpi, one frame a sample, 24 bits deep. */
function writeVisualEntry(track: VideoTrackToWrite): Buffer {
  const configuration = track.codec === 'h264' ? box('avcC', writeAvcC(track)) : box('hvcC', writeHvcC(track));
  const name = Buffer.alloc(32);
  return box(
    track.codec === 'h264' ? 'avc1' : 'hvc1',
    u32(0),
    u16(0, 1),
    u32(0, 0, 0, 0),
    u16(track.width, track.height),
    u32(0x480000, 0x480000, 0),
    u16(1),
    name,
    u16(24, 0xffff),
    configuration,
  );
}

/** Neither turned nor moved (ISO/IEC 14496-12 8.2.2.2). */
const matrix = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
