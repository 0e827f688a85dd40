/** As much of Opus packets as a viewer sees of them (RFC 6716 3). Pure. */

/** Lengths of a frame by the configuration number of its packet, in milliseconds (RFC 6716 table 2). */
const silk = [10, 20, 40, 60];
const hybrid = [10, 20];
const celt = [2.5, 5, 10, 20];
const frameMsOf = [...silk, ...silk, ...silk, ...hybrid, ...hybrid, ...celt, ...celt, ...celt, ...celt];

/** How long a packet lasts, in milliseconds. Throws when it is no Opus packet. */
export function opusMs(packet: Uint8Array): number {
  const [toc, second] = packet;
  if (toc === undefined) {
    throw new Error('An Opus packet has at least one byte.');
  }
  const frames = { 0: 1, 1: 2, 2: 2 }[toc & 3] ?? (second ?? 0) & 0x3f;
  const ms = frames * (frameMsOf[toc >> 3] ?? NaN);
  if (ms === 0 || ms > 120) {
    throw new Error(`An Opus packet of ${ms} ms, in ${frames} frames.`);
  }
  return ms;
}

/** One packet from several of one frame each that are of one kind, as a viewer's encoder makes it for 30 ms (code 3 with lengths, RFC 6716 3.2.5). */
export function joinOpus(packets: readonly Uint8Array[]): Buffer {
  const [toc = 0] = packets[0] ?? [];
  if (packets.length === 0 || packets.some((packet) => packet[0] !== toc || (toc & 3) !== 0)) {
    throw new Error('Only single frames of the same kind make one packet.');
  }
  const frames = packets.map((packet) => packet.subarray(1));
  const lengths = frames.slice(0, -1).map(({ length }) => frameLength(length));
  return Buffer.concat([Uint8Array.of(toc | 3, 0x80 | frames.length), ...lengths, ...frames]);
}

/** One byte below 252, else two (RFC 6716 3.2.1). */
function frameLength(bytes: number): Uint8Array {
  const low = 252 + (bytes & 3);
  return bytes < 252 ? Uint8Array.of(bytes) : Uint8Array.of(low, (bytes - low) / 4);
}
