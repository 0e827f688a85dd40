import { once } from 'node:events';
import type { HttpStream } from '../../ffmpeg/input-arguments.js';
import { httpNeeds } from '../../ffmpeg/input-needs.js';
import type { JpegPicture } from '../../media/jpeg-picture.js';
import { jpegPolling } from '../../policy/jpeg-polling.js';
import { Problem } from '../../problems.js';
import { beginningOf } from '../http/answer-beginning.js';
import { HttpClient, type HttpAnswer } from '../http/http-client.js';
import { wrongContent } from '../http/wrong-content.js';
import { orAborted } from '../or-aborted.js';
import { httpJpegs, type HttpJpegsOptions } from './http-jpegs.js';
import { JpegFeed } from './jpeg-feed.js';
import type { HeldJpeg } from './newest-jpeg.js';
import type { OpenedSource, SourceTools } from './opened-source.js';

/** As FFmpeg names them. */
const pixelFormats: Readonly<Record<JpegPicture['chroma'], string | undefined>> = { '4:2:0': 'yuvj420p', '4:2:2': 'yuvj422p', '4:4:4': 'yuvj444p', grey: 'gray', other: undefined };

/**
 * Asks what is sent at an address of HTTP. JPEGs are read here, from the answer itself: a camera that serves one connection at a time is asked
 * once, whatever stands between the pictures does not matter, and snapshots are there without FFmpeg. Everything else is left to FFmpeg.
 */
export async function openHttpSource(url: string, tools: SourceTools): Promise<OpenedSource> {
  const { before, signal, pollRate: rate = jpegPolling.usualRate } = tools;
  if (before?.input.kind === 'http') {
    return before;
  }
  const client = new HttpClient(url);
  signal.addEventListener('abort', () => client[Symbol.dispose](), { once: true });
  const answer = await client.get({ signal });
  const { content, chunks } = await beginningOf(answer);
  switch (content) {
    case 'jpegs':
      return openJpegs({ client, answer, chunks, rate, signal }, tools);
    case 'hls':
    case 'stream':
      return readByFfmpeg({ client, answer }, content);
    default:
      answer.body.destroy();
      throw wrongContent(content);
  }
}

/** FFmpeg makes its own connection, and a camera may have only one. */
async function readByFfmpeg({ client, answer }: { readonly client: HttpClient; readonly answer: HttpAnswer }, content: HttpStream): Promise<OpenedSource> {
  const { socket } = answer.body;
  client[Symbol.dispose]();
  if (!socket.closed) {
    await once(socket, 'close');
  }
  return { input: { kind: 'http', url: answer.address, content }, needs: httpNeeds(answer.address) };
}

async function openJpegs(options: HttpJpegsOptions, { onJpeg }: SourceTools): Promise<OpenedSource> {
  const pictures = new Pictures(options, onJpeg);
  const { width, height, chroma } = await pictures.first;
  return {
    input: { kind: 'jpegs' },
    picture: { codec: 'mjpeg', width, height, pixelFormat: pixelFormats[chroma] },
    feed: async (stdin, signal) => {
      using feed = new JpegFeed(stdin, { width, height });
      await pictures.follow((picture) => feed.offer(sameSize(picture, { width, height })), signal);
    },
  };
}

/** What comes is read from the beginning on, so that what is passed on is of now, however long FFmpeg takes to start. */
class Pictures {
  readonly first: Promise<HeldJpeg>;
  readonly #over: Promise<never>;
  #newest: HeldJpeg | undefined;
  #listener: ((picture: HeldJpeg) => void) | undefined;

  constructor(options: HttpJpegsOptions, onJpeg: ((picture: HeldJpeg) => void) | undefined) {
    const first = Promise.withResolvers<HeldJpeg>();
    this.#over = this.#read(options, (picture) => {
      first.resolve(picture);
      onJpeg?.(picture);
    });
    this.#over.catch(first.reject);
    this.first = first.promise;
  }

  /** @throws Problem where there are no more; what the listener throws. */
  async follow(listener: (picture: HeldJpeg) => void, signal: AbortSignal): Promise<void> {
    this.#listener = listener;
    if (this.#newest) {
      listener(this.#newest);
    }
    await orAborted(this.#over, signal);
    this.#listener = undefined;
  }

  async #read(options: HttpJpegsOptions, onJpeg: (picture: HeldJpeg) => void): Promise<never> {
    for await (const picture of httpJpegs(options)) {
      this.#newest = picture;
      onJpeg(picture);
      this.#listener?.(picture);
    }
    throw new Problem('camera-closed');
  }
}

function sameSize(picture: HeldJpeg, { width, height }: Pick<JpegPicture, 'width' | 'height'>): HeldJpeg {
  if (picture.width !== width || picture.height !== height) {
    throw new Problem('camera-picture-changed', `${picture.width}x${picture.height} instead of ${width}x${height}`);
  }
  return picture;
}
