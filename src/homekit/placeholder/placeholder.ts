import { Worker } from 'node:worker_threads';
import type { Drawing } from './drawing.js';

/** What a placeholder says, for a viewer that asked for this size. */
export interface Placeholder {
  /** In pixels, as asked. The picture has the same shape and at most 640 x 480 pixels; HomeKit scales it. */
  readonly width: number;
  readonly height: number;
  /** The camera's name. */
  readonly title: string;
  /** One or two lines below it: what is wrong, since when. */
  readonly lines: readonly string[];
}

const largest = { width: 640, height: 480 };

/** Pictures last drawn, most recent last. Sixteen cameras in a few sizes, 15 kB each. */
const drawn = new Map<string, Promise<Buffer>>();
const drawnAtMost = 64;

/**
 * The picture shown while there is none of the camera, as JPEG: drawn here, without FFmpeg and without system fonts.
 * The same buffer is given to everyone who asks for the same: it is not to be changed.
 */
export function drawPlaceholder({ width, height, title, lines }: Placeholder, draw: (drawing: Drawing) => Promise<Buffer> = drawInWorker): Promise<Buffer> {
  const drawing = { ...reduced(width, height), title, lines };
  const key = JSON.stringify(drawing);
  const picture = drawn.get(key) ?? draw(drawing);
  drawn.delete(key);
  drawn.set(key, picture);
  picture.catch(() => drawn.delete(key));
  for (const oldest of drawn.keys()) {
    if (drawn.size <= drawnAtMost) {
      break;
    }
    drawn.delete(oldest);
  }
  return picture;
}

/** The same shape, small enough to be drawn and encoded quickly. */
function reduced(width: number, height: number): { width: number; height: number } {
  const [w, h] = [width, height].map((side) => (side >= 1 ? Math.min(side, 100_000) : 1)) as [number, number];
  const scale = Math.min(1, largest.width / w, largest.height / h);
  return { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)) };
}

/** A JPEG encoded in this thread would hold up every live view for its time, on a Raspberry Pi for some 100 ms. */
function drawInWorker(drawing: Drawing): Promise<Buffer> {
  const worker = new Worker(new URL('./drawing-worker.js', import.meta.url), { workerData: drawing });
  return new Promise((resolve, reject) => {
    worker.once('message', (jpeg: Uint8Array) => resolve(Buffer.from(jpeg)));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the drawing ended without a picture')));
  });
}
