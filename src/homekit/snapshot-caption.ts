import type { Picture } from '../media/picture.js';
import { rowsBelowTop } from './placeholder/bitmap-font.js';
import { Canvas } from './placeholder/canvas.js';
import { layOut, rowTop } from './placeholder/text-layout.js';

/** Luma in limited range, and how much of it covers the picture. */
const strip = { luma: 24, cover: 0.62 };
const letters = { luma: 228, cover: 0.96 };
/** No colour; some of what is below tints the strip, hardly the letters. */
const [grey, chromaCover] = [128, 0.88];
/** In dots of the font: around the letters, and to the picture's edges. */
const padding = { x: 4, y: 3 };
const margin = 4;
const cornerRadius = 3;
/** Of a capital, in dots: what hangs below the line reaches into the padding. */
const capitalHeight = rowsBelowTop - 2;

/** Writes a caption into a decoded picture, in its lower right corner: light letters on a dark strip that lets the picture through. Nothing where there is no room. */
export function drawCaption({ width, height, i420 }: Pick<Picture, 'width' | 'height' | 'i420'>, text: string): void {
  const scale = dotSize(width, height);
  const block = layOut(text, { scale, maxWidth: width - 2 * (margin + padding.x) * scale, maxRows: 1 });
  const [row] = block.rows;
  const dot = block.scale;
  const box = { width: even(((row?.width ?? 0) + 2 * padding.x) * dot), height: even((capitalHeight + 2 * padding.y) * dot) };
  const left = even(width - box.width - margin * dot);
  const top = even(height - box.height - margin * dot);
  if (row?.glyphs.length !== text.length || left < 0 || top < 0) {
    return; // Shortened it would say nothing.
  }
  const ground = new Canvas(box.width, box.height, 0);
  ground.fillRoundedBox([box.width / 2, box.height / 2], box.width / 2, box.height / 2, cornerRadius * dot, 255);
  const ink = new Canvas(box.width, box.height, 0);
  ink.text(block, box.width / 2, padding.y * dot - rowTop(0, dot), 255);
  coverLuma(i420, { width, left, top }, ground, ink);
  const chroma = { width: Math.ceil(width / 2), left: left / 2, top: top / 2 };
  const chromaBytes = chroma.width * Math.ceil(height / 2);
  for (const start of [width * height, width * height + chromaBytes]) {
    coverChroma(i420.subarray(start, start + chromaBytes), chroma, ground);
  }
}

/** A place in a plane, and how wide the plane is, in its own pixels. */
interface Place {
  readonly width: number;
  readonly left: number;
  readonly top: number;
}

function coverLuma(plane: Uint8Array, at: Place, ground: Canvas, ink: Canvas): void {
  for (const [index, covered] of ground.luma.entries()) {
    const offset = (at.top + Math.floor(index / ground.width)) * at.width + at.left + (index % ground.width);
    const dark = mix(plane[offset] ?? 0, strip.luma, (covered / 255) * strip.cover);
    plane[offset] = mix(dark, letters.luma, ((ink.luma[index] ?? 0) / 255) * letters.cover);
  }
}

/** A sample of chroma stands for two by two pixels. Letters have no colour of their own either: one cover serves for both. */
function coverChroma(plane: Uint8Array, at: Place, ground: Canvas): void {
  for (let y = 0; y < ground.height / 2; y++) {
    for (let x = 0; x < ground.width / 2; x++) {
      const offset = (at.top + y) * at.width + at.left + x;
      plane[offset] = mix(plane[offset] ?? 0, grey, ((ground.luma[2 * y * ground.width + 2 * x] ?? 0) / 255) * chromaCover);
    }
  }
}

function mix(under: number, over: number, share: number): number {
  return Math.round(under + (over - under) * share);
}

/** How many pixels a dot is wide: legible on a small tile, modest on a large picture. */
function dotSize(width: number, height: number): number {
  return Math.max(1, Math.floor(1 + Math.min(width / 320, height / 180)));
}

function even(pixels: number): number {
  return Math.floor(pixels / 2) * 2;
}
