/** Where one RTP packet lies in a slab: header and payload, without the SRTP tag, for which room is left behind `end`. */
export interface PacketSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * The RTP packets of one access unit in one buffer: one allocation per access unit and viewer, written, encrypted and sent
 * in place. Packets start at multiples of four, so that they can be encrypted a word at a time.
 */
export interface PacketSlab {
  readonly buffer: Buffer;
  readonly spans: readonly PacketSpan[];
  /** RTP payload octets in all packets, as a sender report counts them (RFC 3550 6.4.1). */
  readonly payloadBytes: number;
}
