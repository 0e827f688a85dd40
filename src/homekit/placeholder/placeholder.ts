import { Canvas } from './canvas.js';
import { encodeGrayJpeg } from './gray-jpeg.js';
import { layOut, textHeight } from './text-layout.js';

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

const shades = { background: 28, icon: 130, title: 242, line: 173 };

/** Pictures last drawn, most recent last. A handful of cameras in two or three sizes. */
const drawn = new Map<string, Buffer>();
const drawnAtMost = 16;

/**
 * The picture shown while there is none of the camera, as JPEG: drawn here, without FFmpeg and without system fonts.
 * The same buffer is given to everyone who asks for the same: it is not to be changed.
 */
export function drawPlaceholder({ width, height, title, lines }: Placeholder): Buffer {
  const size = reduced(width, height);
  const key = JSON.stringify([size.width, size.height, title, lines]);
  const picture = drawn.get(key) ?? draw(size.width, size.height, title, lines);
  drawn.delete(key);
  drawn.set(key, picture);
  for (const oldest of drawn.keys()) {
    if (drawn.size <= drawnAtMost) {
      break;
    }
    drawn.delete(oldest);
  }
  return picture;
}

/** The same shape, small enough to be drawn and encoded in JavaScript without holding up the event loop. */
function reduced(width: number, height: number): { width: number; height: number } {
  const [w, h] = [width, height].map((side) => (side >= 1 ? Math.min(side, 100_000) : 1)) as [number, number];
  const scale = Math.min(1, largest.width / w, largest.height / h);
  return { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)) };
}

function draw(width: number, height: number, title: string, lines: readonly string[]): Buffer {
  const canvas = new Canvas(width, height, shades.background);
  const unit = Math.min(width / 160, height / 90);
  const fit = { maxWidth: width * 0.88, maxRows: 2 };
  const gaps = { belowIcon: Math.round(unit * 9), aboveLines: Math.round(unit * 4.5), betweenLines: Math.round(unit * 2) };

  const texts = [
    { text: title, scale: Math.round(unit), shade: shades.title, gap: 0 },
    ...lines.slice(0, 2).map((text, index) => ({ text, scale: Math.round(unit * 0.65), shade: shades.line, gap: index === 0 ? gaps.aboveLines : gaps.betweenLines })),
  ]
    .map(({ text, scale, ...rest }) => ({ ...rest, block: layOut(text, { ...fit, scale: Math.max(1, scale) }) }))
    .filter(({ block }) => block.rows.length > 0);

  // What does not fit goes, the least important first: the drawn camera, then the lines from below, then the name.
  const room = height * 0.88;
  let used = 0;
  let shown = 0;
  for (const { block, gap } of texts) {
    const needed = textHeight(block) + gap;
    if (used + needed > room) {
      break;
    }
    used += needed;
    shown++;
  }
  const iconHeight = Math.round(unit * 26);
  const withIcon = iconHeight >= 12 && used + iconHeight + gaps.belowIcon <= room;
  let y = Math.round((height - used - (withIcon ? iconHeight + gaps.belowIcon : 0)) / 2);
  if (withIcon) {
    drawCrossedOutCamera(canvas, width / 2, y + iconHeight / 2, iconHeight);
    y += iconHeight + gaps.belowIcon;
  }
  for (const { block, shade, gap } of texts.slice(0, shown)) {
    y = canvas.text(block, width / 2, y + gap, shade);
  }
  return encodeGrayJpeg(canvas);
}

/** A video camera seen from the side (body and the wedge of its lens) and a bar across it, drawn from shapes. */
function drawCrossedOutCamera(canvas: Canvas, centerX: number, centerY: number, height: number): void {
  const at = (x: number, y: number): [number, number] => [centerX + x * height, centerY + y * height];
  const pen = 0.045 * height;
  const bar = [at(-0.62, -0.44), at(0.62, 0.44)] as const;
  canvas.fillRoundedBox(at(-0.2, 0), 0.46 * height, 0.34 * height, 0.1 * height, shades.icon);
  canvas.fillPolygon([at(0.34, 0.02), at(0.66, -0.24), at(0.66, 0.28)].map(([x, y]) => [x, y - 0.02 * height]), 0.05 * height, shades.icon);
  canvas.fillStroke(...bar, pen * 2.6, shades.background);
  canvas.fillStroke(...bar, pen, shades.icon);
}
