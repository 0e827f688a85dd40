/** A request as RTSP 1.0 clients send it (RFC 2326). */
export interface RtspRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

const reasons = {
  200: 'OK',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  551: 'Option not supported',
} as const;

export type RtspStatus = keyof typeof reasons;

export interface RtspAnswer {
  readonly status: RtspStatus;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer as bytes; `sequence` is the request's CSeq. */
export function writeAnswer({ status, headers = {}, body }: RtspAnswer, sequence: string): string {
  const all = { CSeq: sequence, Server: 'Simulated camera', ...headers, ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `RTSP/1.0 ${status} ${reasons[status]}\r\n${lines.join('')}\r\n${body ?? ''}`;
}

/** What a client sends on an interleaved channel: receiver reports, and sound for the speaker. */
export interface ReceivedFrame {
  readonly channel: number;
  readonly packet: Buffer;
}

/** Splits what a client sends into requests and what comes between them. */
export class RtspRequestReader {
  private rest: Buffer = Buffer.alloc(0);

  /** Requests and frames completed by these bytes, in order; bodies are dropped. Throws when it is not RTSP. */
  read(bytes: Buffer): (RtspRequest | ReceivedFrame)[] {
    this.rest = Buffer.concat([this.rest, bytes]);
    const requests: (RtspRequest | ReceivedFrame)[] = [];
    for (;;) {
      if (this.rest[0] === 0x24) {
        const end = this.rest.length < 4 ? Infinity : 4 + this.rest.readUInt16BE(2);
        if (this.rest.length < end) {
          return requests;
        }
        requests.push({ channel: this.rest.readUInt8(1), packet: this.rest.subarray(4, end) });
        this.rest = this.rest.subarray(end);
        continue;
      }
      const headEnd = this.rest.indexOf('\r\n\r\n');
      if (headEnd < 0) {
        if (this.rest.length > 65_536) {
          throw new Error('A request without an end.');
        }
        return requests;
      }
      const request = parseRequest(this.rest.toString('latin1', 0, headEnd));
      const end = headEnd + 4 + Number(request.headers.get('content-length') ?? 0);
      if (this.rest.length < end) {
        return requests;
      }
      this.rest = this.rest.subarray(end);
      requests.push(request);
    }
  }
}

function parseRequest(head: string): RtspRequest {
  const [first = '', ...lines] = head.split('\r\n');
  const match = /^([A-Z_]+) (\S+) RTSP\/1\.0$/.exec(first);
  if (!match) {
    throw new Error('Not an RTSP request.');
  }
  const [, method = '', url = ''] = match;
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { method, url, headers: new Map(headers) };
}
