import type { Glyph } from './bitmap-font.js';
import { letterGap } from './bitmap-font.js';
import { rowTop, spaceWidth, textHeight, type TextBlock } from './text-layout.js';

type Point = readonly [x: number, y: number];

/** A picture that shapes and text are drawn onto, with smooth edges. Shades are 0 (black) to 255 (white), coordinates pixels. What lies outside is not drawn. */
export class Canvas {
  /** One byte a pixel, row by row. */
  readonly luma: Uint8Array;

  constructor(
    readonly width: number,
    readonly height: number,
    background: number,
  ) {
    this.luma = new Uint8Array(width * height).fill(background);
  }

  fillRoundedBox([centerX, centerY]: Point, halfWidth: number, halfHeight: number, radius: number, shade: number): void {
    this.fill([centerX - halfWidth, centerY - halfHeight], [centerX + halfWidth, centerY + halfHeight], shade, (x, y) => {
      const dx = Math.abs(x - centerX) - halfWidth + radius;
      const dy = Math.abs(y - centerY) - halfHeight + radius;
      return lengthOf(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0) - radius;
    });
  }

  /** A line with round ends, `halfWidth` to each side. */
  fillStroke([ax, ay]: Point, [bx, by]: Point, halfWidth: number, shade: number): void {
    const [dx, dy] = [bx - ax, by - ay];
    const from: Point = [Math.min(ax, bx) - halfWidth, Math.min(ay, by) - halfWidth];
    const to: Point = [Math.max(ax, bx) + halfWidth, Math.max(ay, by) + halfWidth];
    this.fill(from, to, shade, (x, y) => {
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
      return lengthOf(x - ax - along * dx, y - ay - along * dy) - halfWidth;
    });
  }

  /** A convex polygon, corners clockwise, grown by `rounding` with round corners. */
  fillPolygon(corners: readonly Point[], rounding: number, shade: number): void {
    const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
    const from: Point = [Math.min(...xs) - rounding, Math.min(...ys) - rounding];
    const to: Point = [Math.max(...xs) + rounding, Math.max(...ys) + rounding];
    this.fill(from, to, shade, (x, y) => distanceToPolygon(corners, x, y) - rounding);
  }

  /** Draws a block centered on `centerX` and returns where it ends. */
  text(block: TextBlock, centerX: number, top: number, shade: number): number {
    for (const [index, { glyphs, width }] of block.rows.entries()) {
      let x = Math.round(centerX - (width * block.scale) / 2);
      const y = top + rowTop(index, block.scale);
      for (const glyph of glyphs) {
        if (glyph) {
          this.glyph(glyph, x, y, block.scale, shade);
        }
        x += ((glyph?.width ?? spaceWidth) + letterGap) * block.scale;
      }
    }
    return top + textHeight(block);
  }

  /** The dots of the font grow together into round strokes: the bitmap is taken for a field, and inked where that is above a threshold. */
  private glyph({ rows, top, width }: Glyph, left: number, capitalTop: number, scale: number, shade: number): void {
    const dot = (row: number, column: number) => (rows[row]?.[column] ? 1 : 0);
    const firstX = left - scale;
    const firstY = capitalTop + (top - 1) * scale;
    for (let y = 0; y < (rows.length + 2) * scale; y++) {
      const v = (y + 0.5) / scale - 1.5;
      const row = Math.floor(v);
      for (let x = 0; x < (width + 2) * scale; x++) {
        const u = (x + 0.5) / scale - 1.5;
        const column = Math.floor(u);
        const upper = dot(row, column) * (1 - u + column) + dot(row, column + 1) * (u - column);
        const lower = dot(row + 1, column) * (1 - u + column) + dot(row + 1, column + 1) * (u - column);
        const field = upper * (1 - v + row) + lower * (v - row);
        this.blend(firstX + x, firstY + y, shade, (field - 0.45) * scale + 0.5);
      }
    }
  }

  /** Inks the pixels where `distance` (to the edge of the shape, negative inside) says so. */
  private fill([x0, y0]: Point, [x1, y1]: Point, shade: number, distance: (x: number, y: number) => number): void {
    for (let y = Math.floor(y0) - 1; y <= Math.ceil(y1); y++) {
      for (let x = Math.floor(x0) - 1; x <= Math.ceil(x1); x++) {
        this.blend(x, y, shade, 0.5 - distance(x + 0.5, y + 0.5));
      }
    }
  }

  private blend(x: number, y: number, shade: number, coverage: number): void {
    if (coverage <= 0 || x < 0 || y < 0 || x >= this.width || y >= this.height) {
      return;
    }
    const offset = y * this.width + x;
    const under = this.luma[offset] ?? 0;
    this.luma[offset] = Math.round(under + (shade - under) * Math.min(1, coverage));
  }
}

/** Math.hypot takes many times as long. */
function lengthOf(x: number, y: number): number {
  return Math.sqrt(x * x + y * y);
}

function distanceToPolygon(corners: readonly Point[], x: number, y: number): number {
  let nearest = Infinity;
  let inside = true;
  for (const [index, [ax, ay]] of corners.entries()) {
    const [bx, by] = corners[(index + 1) % corners.length] ?? [ax, ay];
    const [dx, dy] = [bx - ax, by - ay];
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
    nearest = Math.min(nearest, lengthOf(x - ax - along * dx, y - ay - along * dy));
    inside &&= dx * (y - ay) - dy * (x - ax) >= 0;
  }
  return inside ? -nearest : nearest;
}
