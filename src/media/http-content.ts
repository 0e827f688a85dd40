import type { Buffer } from 'node:buffer';

/** What is sent at an address of HTTP. 'jpegs': one or any number; 'page': made for people; 'stream': left to FFmpeg. */
export type HttpContent = 'jpegs' | 'hls' | 'stream' | UselessContent;

/** What never becomes a picture of a camera. */
export type UselessContent = 'page' | 'png' | 'xml' | 'json';

/** So many bytes say what it is, if anything does. */
const tellingBytes = 512;

type Matches = (bytes: Buffer, text: string) => boolean;

/** What begins with this, behind what may stand before any text, and before XML and HTML (XML 1.0, 2.8): a byte order mark, and a declaration. */
function textOf(beginning: string): Matches {
  const whole = new RegExp(String.raw`^(?:\xEF\xBB\xBF)?\s*(?:<\?xml[^>]*>\s*)?${beginning}`, 'i');
  return (_, text) => whole.test(text);
}

/** The first that matches wins. */
const beginnings: readonly { readonly content: HttpContent; readonly matches: Matches }[] = [
  { content: 'jpegs', matches: (bytes) => bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xffd8ff },
  { content: 'hls', matches: (_, text) => /^(?:\xEF\xBB\xBF)?#EXTM3U/.test(text) },
  { content: 'png', matches: (_, text) => text.startsWith('\x89PNG') },
  { content: 'page', matches: textOf(String.raw`<(?:!doctype\s+html|html|head|title|body|script|meta|center|div|table|h[1-6]|p)\b`) },
  { content: 'stream', matches: textOf(String.raw`<MPD\b`) }, // MPEG-DASH, which some FFmpegs know.
  { content: 'xml', matches: textOf(String.raw`<[a-z_][\w.:-]*[\s/>]`) },
  { content: 'json', matches: textOf(String.raw`(?:\{\s*["}]|\[\s*[[{"\]])`) },
  // A part of a multipart answer, of which the header is there.
  { content: 'jpegs', matches: (_, text) => /^\s*--[^\r\n]{1,200}\r?\n(?:[^\r\n]{1,200}\r?\n){0,10}content-type:\s*image\/jpe?g/i.test(text) },
  { content: 'stream', matches: (bytes, text) => text.startsWith('FLV') || text.slice(4, 8) === 'ftyp' || (bytes[0] === 0x47 && (bytes[188] ?? 0x47) === 0x47) },
];

const types: readonly { readonly content: HttpContent; readonly type: RegExp }[] = [
  { content: 'jpegs', type: /^(?:multipart\/|image\/p?jpe?g$|video\/(?:x-)?(?:motion-?)?m?jpe?g$)/i },
  { content: 'hls', type: /mpegurl/i },
  { content: 'stream', type: /^(?:video|audio)\//i },
];

/** Whether an answer has several parts. @param type the header Content-Type */
export function isMultipart(type: string | undefined): boolean {
  return /^\s*multipart\//i.test(type ?? '');
}

/**
 * Goes by the first bytes where they are plain, as cameras send anything as text/html; else by the type.
 * @param type the header Content-Type, if there is one. @param bytes the first ones of the body; `ended`: all of them.
 * @returns undefined where more bytes may tell.
 */
export function httpContent(type: string | undefined, bytes: Buffer, { ended }: { readonly ended: boolean }): HttpContent | undefined {
  const head = bytes.subarray(0, tellingBytes);
  const text = head.toString('latin1');
  const told = beginnings.find(({ matches }) => matches(head, text))?.content;
  if (told) {
    return told;
  }
  const name = type?.split(';', 1)[0]?.trim() ?? '';
  const named = types.find(({ type: known }) => known.test(name))?.content;
  return named ?? (bytes.length < tellingBytes && !ended ? undefined : /^text\/html$/i.test(name) ? 'page' : 'stream');
}
