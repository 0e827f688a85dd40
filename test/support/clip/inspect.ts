import { boxesOf, expectBoxes, findBox, readBoxes } from './boxes.js';
import { readFragment, type ClipFragment } from './fragment.js';
import { readTrack, type ClipTrack } from './track.js';

/** What a clip is made of. */
export interface ClipFacts {
  readonly tracks: readonly ClipTrack[];
  readonly fragments: readonly ClipFragment[];
}

/**
 * Reads the structure of a clip, given whole or as the packets it came in. Throws, with the place, unless the first
 * packet is exactly ftyp and moov, each further one exactly moof and mdat, and all samples lie in their mdat.
 */
export function inspectClip(clip: Buffer | readonly Buffer[]): ClipFacts {
  const [initialization, ...fragments] = Buffer.isBuffer(clip) ? packetsOf(clip) : clip;
  if (!initialization) {
    throw new Error('The clip is empty.');
  }
  expectBoxes(initialization, 'The initialization', ['ftyp', 'moov']);
  const moov = findBox(initialization, 'moov');
  const tracks = boxesOf(moov, 'trak').map((trak) => readTrack(trak, moov));
  let start = initialization.length;
  const read = fragments.map((packet, index) => {
    const fragment = readFragment(packet, start, tracks, `Fragment ${index + 1}`);
    start += packet.length;
    return fragment;
  });
  return { tracks: tracks.map(({ defaults: _, nalLengthBytes: __, ...track }) => track), fragments: read };
}

/** Cuts after moov and after each mdat. */
function packetsOf(clip: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let start = 0;
  for (const { type, end } of readBoxes(clip, 'The clip')) {
    if (type === 'moov' || type === 'mdat' || end === clip.length) {
      packets.push(clip.subarray(start, end));
      start = end;
    }
  }
  return packets;
}
