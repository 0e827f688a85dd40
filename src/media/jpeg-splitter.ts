import { Buffer } from 'node:buffer';
import { FormatError } from './format-error.js';
import { insideScan, jpegMarkers, standsAlone } from './jpeg-markers.js';

/** Nothing larger is a picture of a camera. */
export const mostJpegBytes = 16 * 1024 * 1024;

const startBytes = Buffer.from([0xff, 0xd8, 0xff]);
const firstRoom = 256 * 1024;

/**
 * Finds the JPEGs in a stream of bytes, whatever stands between them: the parts of a multipart answer need no boundary, length or
 * line ending to be right. Goes by markers and the lengths of segments, as a thumbnail inside has a beginning and an end of its own.
 */
export class JpegSplitter {
  #buffer = Buffer.alloc(firstRoom);
  #filled = 0;
  /** Where the picture begins, in the buffer. */
  #start = 0;
  /** Where its last marker is, or what looked like one. */
  #marker = 0;
  /** Up to where it was looked at. */
  #at = 0;
  #inside: 'nothing' | 'segments' | 'scan' = 'nothing';
  #scanned = false;

  /**
   * @returns the pictures that are whole now, in memory of their own. One that breaks off is left out.
   * @throws FormatError where a picture does not end.
   */
  push(bytes: Uint8Array): Buffer[] {
    this.#append(bytes);
    const found: Buffer[] = [];
    for (let step = this.#step(); step !== 'wait'; step = this.#step()) {
      if (step !== 'on') {
        found.push(step);
      }
    }
    return found;
  }

  #step(): Buffer | 'on' | 'wait' {
    switch (this.#inside) {
      case 'nothing':
        return this.#findStart();
      case 'segments':
        return this.#passSegment();
      case 'scan':
        return this.#passScan();
    }
  }

  #findStart(): 'on' | 'wait' {
    const start = this.#held.indexOf(startBytes, this.#at);
    if (start < 0) {
      this.#start = this.#at = Math.max(this.#at, this.#filled - startBytes.length + 1);
      return 'wait';
    }
    return this.#begin(start);
  }

  #begin(start: number): 'on' {
    this.#inside = 'segments';
    this.#scanned = false;
    this.#start = this.#marker = start;
    this.#at = start + 2;
    return 'on';
  }

  #passSegment(): Buffer | 'on' | 'wait' {
    if (this.#at + 2 > this.#filled) {
      return 'wait';
    }
    const marker = this.#buffer.readUInt16BE(this.#at);
    if (marker === 0xffff) {
      this.#marker = this.#at; // Fill bytes.
      this.#at += 1;
      return 'on';
    }
    if (marker === jpegMarkers.startOfImage) {
      return this.#begin(this.#at); // The picture broke off, and here the next one begins.
    }
    if (marker === jpegMarkers.endOfImage && this.#scanned) {
      return this.#end();
    }
    if (marker < 0xff01 || marker === jpegMarkers.endOfImage) {
      return this.#giveUp();
    }
    this.#marker = this.#at;
    if (standsAlone(marker)) {
      this.#at += 2;
      return 'on';
    }
    if (this.#at + 4 > this.#filled) {
      return 'wait';
    }
    this.#at += 2 + this.#buffer.readUInt16BE(this.#at + 2);
    if (marker === jpegMarkers.startOfScan) {
      this.#inside = 'scan';
      this.#scanned = true;
    }
    return 'on';
  }

  #passScan(): 'on' | 'wait' {
    const next = this.#at < this.#filled ? this.#held.indexOf(0xff, this.#at) : -1;
    if (next < 0 || next + 2 > this.#filled) {
      this.#at = next < 0 ? Math.max(this.#at, this.#filled) : next;
      return 'wait';
    }
    const marker = this.#buffer.readUInt16BE(next);
    this.#at = next;
    if (insideScan(marker)) {
      this.#at += 2;
    } else {
      this.#inside = 'segments'; // The end, another scan, or what comes before one.
    }
    return 'on';
  }

  #end(): Buffer {
    const jpeg = Buffer.from(this.#buffer.subarray(this.#start, this.#at + 2));
    this.#start = this.#at += 2;
    this.#inside = 'nothing';
    return jpeg;
  }

  /**
   * What looked like a picture is none, or broke off: the next one may begin anywhere behind its last marker, the length of which led astray.
   * Not in what stands before, which was followed by a marker each time: nothing is gone through twice but one segment.
   */
  #giveUp(): 'on' {
    this.#inside = 'nothing';
    this.#start = this.#at = this.#marker + 2;
    return 'on';
  }

  get #held(): Buffer {
    return this.#buffer.subarray(0, this.#filled);
  }

  #append(bytes: Uint8Array): void {
    this.#dropPassed();
    const needed = this.#filled + bytes.length;
    if (this.#inside !== 'nothing' && this.#filled > mostJpegBytes) {
      throw new FormatError(`a picture of more than ${mostJpegBytes / 1024 / 1024} MiB`);
    }
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#filled);
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled = needed;
  }

  /** Once for all that was pushed: moving the rest for each picture would cost its square. */
  #dropPassed(): void {
    const passed = this.#start;
    if (passed === 0) {
      return;
    }
    this.#buffer.copyWithin(0, passed, this.#filled);
    this.#filled -= passed;
    this.#marker -= passed;
    this.#at -= passed;
    this.#start = 0;
  }
}
