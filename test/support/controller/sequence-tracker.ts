/** Where packets are missing: `missing` packets after extended sequence number `after`. */
export interface SequenceGap {
  readonly after: number;
  readonly missing: number;
}

/** Follows the sequence numbers of one SSRC (RFC 3550 A.1): what is lost, late or double. Pure. */
export class SequenceTracker {
  received = 0;
  reordered = 0;
  duplicates = 0;
  private first = 0;
  private last: number | undefined;
  private readonly absent = new Set<number>();

  /** The highest extended sequence number, -1 before the first packet. */
  get highest(): number {
    return this.last ?? -1;
  }

  /** How many should have come, from the first to the highest. */
  get expected(): number {
    return this.last === undefined ? 0 : this.last - this.first + 1;
  }

  /** How many of those are missing as yet. */
  get lost(): number {
    return this.absent.size;
  }

  /** Takes a 16-bit sequence number in order of arrival; gives the extended one (below 0 for one from before the first). */
  add(sequence: number): number {
    this.received += 1;
    if (this.last === undefined) {
      this.first = sequence;
      this.last = sequence;
      return sequence;
    }
    const step = ((sequence - this.last + 0x8000) & 0xffff) - 0x8000;
    const extended = this.last + step;
    if (step > 0) {
      for (let absent = this.last + 1; absent < extended; absent += 1) {
        this.absent.add(absent);
      }
      this.last = extended;
    } else if (this.absent.delete(extended) || extended < this.first) {
      this.reordered += 1;
      this.first = Math.min(this.first, extended);
    } else {
      this.duplicates += 1;
    }
    return extended;
  }

  /** The gaps that are left, in order. */
  gaps(): SequenceGap[] {
    const gaps: { after: number; missing: number }[] = [];
    for (const absent of [...this.absent].sort((one, other) => one - other)) {
      const gap = gaps.at(-1);
      if (gap && gap.after + gap.missing + 1 === absent) {
        gap.missing += 1;
      } else {
        gaps.push({ after: absent - 1, missing: 1 });
      }
    }
    return gaps;
  }
}
