import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../src/media/format-error.js';
import { RtspReader, writeInterleavedFrame, writeRtspRequest, type RtspMessage } from '../../../src/media/rtsp-message.js';
import { below, randomBytes, seededRandom } from '../../support/seeded-random.js';

/** Messages, in what can be compared. */
function plain(messages: readonly RtspMessage[]): unknown[] {
  return messages.map((message) => {
    if (message.kind === 'frame') {
      return { channel: message.channel, data: [...message.data] };
    }
    const headers = Object.fromEntries(message.headers);
    return message.kind === 'request' ? { method: message.method, headers } : { status: message.status, headers, body: Buffer.from(message.body).toString() };
  });
}

function read(...parts: readonly (string | Uint8Array)[]): unknown[] {
  const reader = new RtspReader();
  return plain(parts.flatMap((part) => reader.push(Buffer.from(part))));
}

function failure(...parts: readonly (string | Uint8Array)[]): string {
  try {
    read(...parts);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  return 'nothing';
}

test('a request', () => {
  const bytes = writeRtspRequest({ method: 'SETUP', url: 'rtsp://camera/1/audioback', headers: { Require: 'www.onvif.org/ver20/backchannel', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' } }, 3);
  expect(bytes.toString()).toBe(
    'SETUP rtsp://camera/1/audioback RTSP/1.0\r\nCSeq: 3\r\nRequire: www.onvif.org/ver20/backchannel\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n',
  );
});

test.each([
  ['a line end in the address', 'rtsp://camera/\r\nX: y', {}],
  ['a blank in the address', 'rtsp://camera/a b', {}],
  ['a line end in a header', 'rtsp://camera/', { Session: '1\r\nX: y' }],
  ['a line feed in a header', 'rtsp://camera/', { Session: '1\n' }],
])('nobody can begin another header by %s', (_what, url, headers) => {
  expect(() => writeRtspRequest({ method: 'PLAY', url, headers }, 1)).toThrow(FormatError);
});

describe('answers', () => {
  const sdp = 'v=0\r\ns=a $ in it\r\n';
  const describeAnswer = `RTSP/1.0 200 OK\r\nCseq: 2\r\nCONTENT-LENGTH: ${sdp.length}\r\nContent-Type:application/sdp\r\nWWW-Authenticate: Digest a\r\nwww-authenticate: Basic b\r\n\r\n${sdp}`;
  const stream = Buffer.concat([
    ...[Buffer.from(describeAnswer), writeInterleavedFrame(1, Uint8Array.of(1, 2, 3)), writeInterleavedFrame(0, new Uint8Array())],
    Buffer.from('\r\nRTSP/1.0 454 Session Not Found\r\nCSeq: 3\r\n\r\nOPTIONS rtsp://client RTSP/1.0\r\nCSeq: 1\r\n\r\n'),
    ...[writeInterleavedFrame(255, new Uint8Array(0xffff).fill(7)), Buffer.from('RTSP/1.0 200 \r\n\r\n')],
  ]);
  const expected = [
    {
      ...{ status: 200, body: sdp },
      headers: { cseq: ['2'], 'content-length': [String(sdp.length)], 'content-type': ['application/sdp'], 'www-authenticate': ['Digest a', 'Basic b'] },
    },
    ...[{ channel: 1, data: [1, 2, 3] }, { channel: 0, data: [] }, { status: 454, headers: { cseq: ['3'] }, body: '' }],
    ...[{ method: 'OPTIONS', headers: { cseq: ['1'] } }, { channel: 255, data: Array(0xffff).fill(7) }, { status: 200, headers: {}, body: '' }],
  ];

  test.each([1, 2, 3, 7, 100, 65_536, stream.length])('and frames come out the same in pieces of %i bytes', (size) => {
    expect(read(...Array.from({ length: Math.ceil(stream.length / size) }, (_, index) => stream.subarray(index * size, (index + 1) * size)))).toEqual(expected);
  });

  test('with line feeds alone, and a header over two lines', () => {
    expect(read('RTSP/1.0 200 OK\nCSeq: 1\nTransport: RTP/AVP/TCP;\n interleaved=2-3\nContent-Length: 2\n\nok')).toEqual([
      { status: 200, headers: { cseq: ['1'], transport: ['RTP/AVP/TCP; interleaved=2-3'], 'content-length': ['2'] }, body: 'ok' },
    ]);
  });

  test('what was read stays as it is when more comes', () => {
    const reader = new RtspReader();
    const [first] = reader.push(writeInterleavedFrame(0, Uint8Array.of(1, 2, 3)));
    reader.push(writeInterleavedFrame(0, Uint8Array.of(4, 5, 6)));
    expect(plain(first ? [first] : [])).toEqual([{ channel: 0, data: [1, 2, 3] }]);
  });
});

describe('refused, with bounded memory:', () => {
  test.each<[string, readonly string[], string]>([
    ['another protocol', ['HTTP/1.1 200 OK\r\n\r\n'], 'neither an answer nor a packet'],
    ['garbage', ['\x00\x01\x02'], 'neither an answer nor a packet'],
    ['a head without an end', ['RTSP/1.0 200 OK\r\n', ...Array<string>(20).fill(`X: ${'y'.repeat(1_000)}\r\n`)], 'an answer without an end'],
    ['a head with a late end, in one piece', [`RTSP/1.0 200 OK\r\nX: ${'y'.repeat(80_000)}\r\n\r\n`], 'an answer without an end'],
    ['a line without an end', ['R'.repeat(300_000)], 'an answer without an end'],
    ['a body that is too long', ['RTSP/1.0 200 OK\r\nContent-Length: 65537\r\n\r\n'], 'an answer of 65537 bytes'],
    ['a length that is none', ['RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'], 'an answer of -1 bytes'],
    ['a length that is huge', [`RTSP/1.0 200 OK\r\nContent-Length: ${'9'.repeat(400)}\r\n\r\n`], `an answer of ${'9'.repeat(20)} bytes`],
  ])('%s', (_what, parts, message) => {
    expect(failure(...parts)).toBe(message);
  });
});

test('the longest head and body that are allowed fit', () => {
  const begin = 'RTSP/1.0 200 OK\r\nContent-Length: 65536\r\nX: ';
  const head = `${begin}${'y'.repeat(16_384 - begin.length - 4)}\r\n\r\n`;
  expect(read(head, 'z'.repeat(65_536), head, 'z'.repeat(65_536))).toHaveLength(2);
});

test('whatever comes, in whatever pieces, there is an answer, nothing, or a FormatError', () => {
  const random = seededRandom(7);
  const valid = Buffer.from('RTSP/1.0 401 Unauthorized\r\nCSeq: 4\r\nContent-Length: 5\r\n\r\nhello$\x00\x00\x04abcd');
  for (let round = 0; round < 3_000; round++) {
    const bytes = round % 3 === 0 ? Buffer.from(randomBytes(random, below(random, 300))) : Buffer.concat([valid, valid, valid]);
    for (let damage = below(random, 4); damage > 0 && bytes.length > 0; damage--) {
      bytes[below(random, bytes.length)] = below(random, 256);
    }
    const reader = new RtspReader();
    try {
      for (let at = 0; at < bytes.length; ) {
        const end = at + 1 + below(random, 40);
        reader.push(bytes.subarray(at, end));
        at = end;
      }
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
    }
  }
});
