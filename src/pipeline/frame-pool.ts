import { i420Bytes, type Picture } from '../media/picture.js';
import { slotLayout, type SharedFrame } from './shared-frame.js';

/** Who still has a picture when the rest goes gives it back soon; a worker thread does so without a word. */
const trimAgainMs = 500;

export interface FramePoolStatus {
  /** How many there may be. */
  readonly slots: number;
  /** Memory of one slot of the present picture size. */
  readonly slotBytes: number;
  /** Memory taken now; at most `slots` times the largest size. */
  readonly bytes: number;
  readonly inUse: number;
  readonly published: number;
  /** Pictures that there was no slot for. */
  readonly dropped: number;
}

/**
 * The decoded pictures of one stream, in a fixed number of slots of shared memory. A picture stays as it is while anybody has a
 * reference to it, here or in a worker thread; when all slots are in use, the newest picture is dropped and counted.
 */
export class FramePool {
  #most: number;
  #slots: Slot[] = [];
  #slotBytes = 0;
  #published = 0;
  #dropped = 0;
  #trimTimer: NodeJS.Timeout | undefined;

  /** Memory is taken when it is first needed. */
  constructor({ slots }: { readonly slots: number }) {
    this.#most = slots;
  }

  /** How many there may be from now on; those in use stay until they are given back. */
  set slots(most: number) {
    this.#most = most;
  }

  /** A slot to be filled, given back by disposing or publishing it; undefined: all are in use, and the picture counts as dropped. */
  claim(width: number, height: number): FrameSlot | undefined {
    clearTimeout(this.#trimTimer);
    const bytes = i420Bytes(width, height);
    // Slots of another size go as soon as nobody needs them.
    this.#slots = this.#slots.filter((slot) => slot.picture.length === bytes || slot.inUse);
    const slot = this.#slots.find((each) => !each.inUse) ?? this.#newSlot(bytes);
    if (!slot) {
      this.#dropped += 1;
      return undefined;
    }
    this.#slotBytes = slot.memory.byteLength;
    slot.begin(width, height);
    return new FrameSlot(slot, () => (this.#published += 1));
  }

  /** Lets go of the memory of all slots, until the next `claim`: of those that are in use as soon as they no longer are. */
  trim(): void {
    clearTimeout(this.#trimTimer);
    this.#slots = this.#slots.filter((slot) => slot.inUse);
    if (this.#slots.length > 0) {
      this.#trimTimer = setTimeout(() => this.trim(), trimAgainMs).unref();
    }
  }

  status(): FramePoolStatus {
    return {
      slots: this.#most,
      slotBytes: this.#slotBytes,
      bytes: this.#slots.reduce((sum, slot) => sum + slot.memory.byteLength, 0),
      inUse: this.#slots.filter((slot) => slot.inUse).length,
      published: this.#published,
      dropped: this.#dropped,
    };
  }

  #newSlot(bytes: number): Slot | undefined {
    if (this.#slots.length >= this.#most) {
      return undefined;
    }
    const slot = new Slot(bytes);
    this.#slots.push(slot);
    return slot;
  }
}

/** A slot that is being filled. */
export class FrameSlot implements Disposable {
  readonly width: number;
  readonly height: number;
  /** For the picture, as I420. */
  readonly bytes: Uint8Array;
  #slot: Slot | undefined;
  readonly #onPublish: () => void;

  /** With one of the slot's references. */
  constructor(slot: Slot, onPublish: () => void) {
    this.width = slot.width;
    this.height = slot.height;
    this.bytes = slot.picture;
    this.#slot = slot;
    this.#onPublish = onPublish;
  }

  /** The picture is complete. @returns it, with a reference that is the caller's to give back. */
  publish(timeMs: number): Frame {
    const slot = this.#slot;
    if (!slot) {
      throw new Error('This slot was published or given back before.');
    }
    this.#slot = undefined;
    slot.timeMs = timeMs;
    this.#onPublish();
    return new Frame(slot);
  }

  /** Gives it back unpublished; harmless after `publish`. */
  [Symbol.dispose](): void {
    if (this.#slot) {
      this.#slot.held -= 1;
      this.#slot = undefined;
    }
  }
}

/** How many references somebody has. */
export interface FrameAccount {
  held: number;
}

/** One reference to a published picture. Once disposed it has no pixels any more. */
export class Frame implements Picture {
  readonly width: number;
  readonly height: number;
  readonly timeMs: number;
  /** Counts the pictures that its slot has had. */
  readonly generation: number;
  #slot: Slot | undefined;
  readonly #account: FrameAccount | undefined;

  /** With one of the slot's references. */
  constructor(slot: Slot, account?: FrameAccount) {
    this.#account = account;
    if (account) {
      account.held += 1;
    }
    this.width = slot.width;
    this.height = slot.height;
    this.timeMs = slot.timeMs;
    this.generation = slot.generation;
    this.#slot = slot;
  }

  /** `width * height` bytes, limited range; a view, not a copy. @throws Error once disposed */
  get luma(): Uint8Array {
    return this.i420.subarray(0, this.width * this.height);
  }

  /** The whole picture; a view, not a copy. @throws Error once disposed */
  get i420(): Uint8Array {
    return this.#live().picture;
  }

  retain(): Frame {
    return this.#again(this.#account);
  }

  /** As `retain`, for somebody else: this reference, and all that are retained of it, count there. */
  lend(account: FrameAccount): Frame {
    return this.#again(account);
  }

  /** A further reference, for `postMessage` to a worker thread; see `openSharedFrame`. Where the worker dies, `giveBackShare` takes it back. */
  share(): SharedFrame {
    return this.#live().share();
  }

  /** Harmless when done before. */
  [Symbol.dispose](): void {
    if (this.#slot) {
      this.#slot.held -= 1;
      this.#slot = undefined;
      if (this.#account) {
        this.#account.held -= 1;
      }
    }
  }

  #again(account: FrameAccount | undefined): Frame {
    const slot = this.#live();
    slot.held += 1;
    return new Frame(slot, account);
  }

  #live(): Slot {
    if (!this.#slot) {
      throw new Error('This picture was given back before.');
    }
    return this.#slot;
  }
}

/** Memory for one picture; see `slotLayout`. Only the pool's thread writes to it, except that others give back shares. */
class Slot {
  readonly memory: SharedArrayBuffer;
  readonly picture: Uint8Array;
  readonly #words: Int32Array;
  readonly #time: Float64Array;
  /** References of this thread. */
  held = 0;

  constructor(pictureBytes: number) {
    this.memory = new SharedArrayBuffer(slotLayout.pictureByte + pictureBytes);
    this.picture = new Uint8Array(this.memory, slotLayout.pictureByte);
    this.#words = new Int32Array(this.memory, 0, slotLayout.firstShare + slotLayout.shares);
    this.#time = new Float64Array(this.memory, slotLayout.timeByte, 1);
  }

  get inUse(): boolean {
    return this.held > 0 || shareWords.some((index) => Atomics.load(this.#words, index) !== 0);
  }

  get generation(): number {
    return this.#words[slotLayout.generation] ?? 0;
  }

  get width(): number {
    return this.#words[slotLayout.width] ?? 0;
  }

  get height(): number {
    return this.#words[slotLayout.height] ?? 0;
  }

  get timeMs(): number {
    return this.#time[0] ?? 0;
  }

  set timeMs(timeMs: number) {
    this.#time[0] = timeMs;
  }

  /** Of another picture from now on, with one reference. */
  begin(width: number, height: number): void {
    Atomics.add(this.#words, slotLayout.generation, 1);
    this.#words[slotLayout.width] = width;
    this.#words[slotLayout.height] = height;
    this.held = 1;
  }

  share(): SharedFrame {
    const index = shareWords.find((each) => Atomics.load(this.#words, each) === 0);
    if (index === undefined) {
      throw new RangeError(`A picture can be shared ${slotLayout.shares} times at once.`);
    }
    const number = nextShareNumber();
    Atomics.store(this.#words, index, number);
    return { memory: this.memory, generation: this.generation, share: index - slotLayout.firstShare, number };
  }
}

const shareWords = Array.from({ length: slotLayout.shares }, (_, index) => slotLayout.firstShare + index);

let newestShare = 0;

/** From 1 on; begins anew after two thousand million of them. */
function nextShareNumber(): number {
  newestShare = newestShare >= 0x7fff_ffff ? 1 : newestShare + 1;
  return newestShare;
}
