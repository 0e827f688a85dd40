import { encode } from 'jpeg-js';
import { Canvas } from './canvas.js';
import { layOut, textHeight } from './text-layout.js';

/** What is drawn, in pixels and words. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly lines: readonly string[];
}

const shades = { background: 28, icon: 130, title: 242, line: 173 };
/** A breath of blue in the greys. */
const blueTint = 8;
const jpegQuality = 85;

/** Draws the placeholder and encodes it as JPEG. Takes from 10 ms to some 100 ms: for a worker thread. */
export function drawPicture({ width, height, title, lines }: Drawing): Buffer {
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
  return encode({ width, height, data: toRgba(canvas.luma) }, jpegQuality).data;
}

function toRgba(luma: Uint8Array): Buffer {
  const rgba = Buffer.alloc(luma.length * 4, 255);
  luma.forEach((shade, index) => {
    rgba[index * 4] = shade;
    rgba[index * 4 + 1] = shade;
    rgba[index * 4 + 2] = Math.min(255, shade + blueTint);
  });
  return rgba;
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
