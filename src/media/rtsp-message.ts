import { FormatError } from './format-error.js';

/** What we ask of a camera (RFC 2326 6). */
export interface RtspRequest {
  readonly method: string;
  readonly url: string;
  /** In the order and the spelling in which they are written; without CSeq. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Names in lower case; a header that comes several times has several values. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

export interface RtspResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

/** RTP or RTCP within the connection (RFC 2326 10.12). */
export interface InterleavedFrame {
  readonly kind: 'frame';
  readonly channel: number;
  readonly data: Uint8Array;
}

/** Something that the camera asks of us, such as ANNOUNCE or REDIRECT. */
export interface RtspServerRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly headers: RtspHeaders;
}

export type RtspMessage = RtspResponse | InterleavedFrame | RtspServerRequest;

const frameMark = 0x24;
const frameHeaderBytes = 4;
/** Cameras send some hundred bytes; whoever sends more than these is none. */
const mostHeadBytes = 16 * 1024;
const mostBodyBytes = 64 * 1024;
/** The longest message that is read: longer than the longest frame, which has 4 + 65535 bytes. */
const mostMessageBytes = mostHeadBytes + mostBodyBytes;

/** A request as bytes. @throws FormatError where something has a line end in it, which would begin another header. */
export function writeRtspRequest({ method, url, headers }: RtspRequest, sequence: number): Buffer {
  const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${sequence}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (url.includes(' ') || lines.some(hasControls)) {
    throw new FormatError('an address with a blank, or a header with a line end in it');
  }
  return Buffer.from([...lines, '', ''].join('\r\n'), 'utf8');
}

/** RTP or RTCP as it goes over the connection. */
export function writeInterleavedFrame(channel: number, data: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + data.length);
  frame[0] = frameMark;
  frame[1] = channel;
  frame.writeUInt16BE(data.length, 2);
  frame.set(data, frameHeaderBytes);
  return frame;
}

/** The first value of a header, by its name in lower case. */
export function headerOf(headers: RtspHeaders, name: string): string | undefined {
  return headers.get(name)?.[0];
}

/** Splits what a camera sends into responses, its own requests and interleaved frames. Holds one message at most, whatever comes. */
export class RtspReader {
  readonly #room = new Uint8Array(mostMessageBytes);
  #filled = 0;
  /** So many bytes are needed before there is anything new to look at. */
  #needed = 1;

  /** What these bytes complete. @throws FormatError: then no further bytes can be understood either. */
  push(bytes: Uint8Array): RtspMessage[] {
    const messages: RtspMessage[] = [];
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + mostMessageBytes - this.#filled);
      this.#room.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      this.#take(messages);
    }
    return messages;
  }

  #take(messages: RtspMessage[]): void {
    let start = 0;
    while (this.#filled - start >= this.#needed) {
      const taken = this.#next(this.#room.subarray(start, this.#filled));
      if (typeof taken === 'number') {
        this.#needed = taken;
        break;
      }
      this.#needed = 1;
      start += taken.bytes;
      if (taken.message) {
        messages.push(taken.message);
      }
    }
    this.#room.copyWithin(0, start, this.#filled);
    this.#filled -= start;
  }

  /** The message that these bytes begin with, or how many bytes are needed to know more. */
  #next(bytes: Uint8Array): { readonly bytes: number; readonly message?: RtspMessage } | number {
    const first = bytes[0] ?? 0;
    if (first === frameMark) {
      const end = frameHeaderBytes + ((bytes[2] ?? 0) << 8 | (bytes[3] ?? 0));
      const whole = bytes.length >= frameHeaderBytes && bytes.length >= end;
      return whole ? { bytes: end, message: { kind: 'frame', channel: bytes[1] ?? 0, data: bytes.slice(frameHeaderBytes, end) } } : Math.max(bytes.length + 1, end);
    }
    if (first === 0x0d || first === 0x0a) {
      return { bytes: 1 }; // Some cameras end a body with a line more than they say.
    }
    if (!isUpperCase(first)) {
      throw new FormatError('neither an answer nor a packet');
    }
    const head = headEnd(bytes);
    if ((head?.bytes ?? bytes.length) > mostHeadBytes) {
      throw new FormatError('an answer without an end');
    }
    if (!head) {
      return bytes.length + 1;
    }
    const { start, headers } = readHead(Buffer.from(bytes.buffer, bytes.byteOffset, head.text).toString('utf8'));
    const end = head.bytes + contentLength(headers);
    if (bytes.length < end) {
      return end;
    }
    return { bytes: end, message: start.kind === 'response' ? { ...start, headers, body: bytes.slice(head.bytes, end) } : { ...start, headers } };
  }
}

/** Where a head ends: its text, and the empty line behind it. RFC 2326 4: line feeds alone are line ends too. */
function headEnd(bytes: Uint8Array): { readonly text: number; readonly bytes: number } | undefined {
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    const empty = bytes[at + 1] === 0x0d ? at + 2 : at + 1;
    if (bytes[empty] === 0x0a) {
      return { text: at, bytes: empty + 1 };
    }
  }
  return undefined;
}

type HeadStart = { readonly kind: 'response'; readonly status: number } | { readonly kind: 'request'; readonly method: string };

function readHead(text: string): { readonly start: HeadStart; readonly headers: RtspHeaders } {
  const [first = '', ...lines] = text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const status = /^RTSP\/\d\.\d +(\d{3})(?: |$)/.exec(first.trimEnd())?.[1];
  const method = /^([A-Z_]{1,20}) \S+ RTSP\/\d\.\d$/.exec(first.trimEnd())?.[1];
  if (status === undefined && method === undefined) {
    throw new FormatError('neither an answer nor a packet');
  }
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) {
      const name = line.slice(0, colon).trim().toLowerCase();
      headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
    }
  }
  return { start: status === undefined ? { kind: 'request', method: method ?? '' } : { kind: 'response', status: Number(status) }, headers };
}

function contentLength(headers: RtspHeaders): number {
  const text = headerOf(headers, 'content-length') ?? '0';
  const bytes = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(bytes <= mostBodyBytes)) {
    throw new FormatError(`an answer of ${text.slice(0, 20)} bytes`);
  }
  return bytes;
}

function isUpperCase(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

function hasControls(line: string): boolean {
  return Buffer.from(line).some((byte) => byte < 0x20 || byte === 0x7f);
}
