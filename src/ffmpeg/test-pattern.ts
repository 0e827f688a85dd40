import type { TestPattern } from '../media/camera-source.js';

/** A picture that moves, with the running time and the number of each picture (FFmpeg's `testsrc2` draws both), and a clock. */

/** A tone with a beep a second, as AAC wants it. */
export const testToneFilter = 'sine=frequency=440:beep_factor=4:sample_rate=32000';

/** Which of the digits 0 to 9 light a segment, as bits; in the order a (top), clockwise to f, and g (middle). */
const segmentMasks = [0b1111101101, 0b1110011111, 0b1111111011, 0b1101101101, 0b0101000101, 0b1101110001, 0b1101111100] as const;

/** Where the segments lie, in widths of a digit across and down (a digit is twice as high as wide): left, top, width, height. */
const stroke = 0.2;
const segmentBoxes = [
  [0, 0, 1, stroke],
  [1 - stroke, 0, stroke, 1],
  [1 - stroke, 1, stroke, 1],
  [0, 2 - stroke, 1, stroke],
  [0, 1, stroke, 1],
  [0, 0, stroke, 1],
  [0, 1 - stroke / 2, 1, stroke],
] as const;

/** The digits of HH:MM:SS: how many seconds until each changes, and after how many it begins again; null: a colon. */
const places = [{ every: 36_000, values: 3 }, { every: 3_600, values: 10 }, null, { every: 600, values: 6 }, { every: 60, values: 10 }, null, { every: 10, values: 6 }, { every: 1, values: 10 }] as const; // prettier-ignore

const daySeconds = 86_400;
/** Of the picture's width, and in widths of a digit. */
const clock = { digitShare: 0.045, advance: 1.4, colonAdvance: 0.7, margin: 0.5 } as const;

/** @param startSeconds what the clock shows with the first picture, in seconds of the day. Drawn from boxes: FFmpeg may have no fonts. */
export function testPatternFilters({ width, height, fps }: TestPattern, startSeconds: number): string {
  const digit = Math.max(8, Math.round(width * clock.digitShare));
  const advances = places.map((place) => (place ? clock.advance : clock.colonAdvance));
  const total = advances.reduce((sum, advance) => sum + advance, 0);
  const left = Math.round((width - total * digit) / 2);
  const top = height - Math.round((2 + 2 * clock.margin) * digit);
  const ground = box(left - clock.margin * digit, top - clock.margin * digit, (total + clock.margin) * digit, (2 + 2 * clock.margin) * digit, 'black');
  const seconds = `mod(floor(t+${startSeconds.toFixed(3)}),${daySeconds})`;
  const marks = places.flatMap((place, index) => {
    const x = left + advances.slice(0, index).reduce((sum, advance) => sum + advance, 0) * digit;
    return place ? digitBoxes(x, top, digit, `mod(floor(${seconds}/${place.every}),${place.values})`) : colonBoxes(x, top, digit);
  });
  return [`testsrc2=size=${width}x${height}:rate=${fps}`, ground, ...marks, 'format=yuv420p'].join(',');
}

function digitBoxes(x: number, y: number, size: number, value: string): string[] {
  return segmentBoxes.map(([across, down, width, height], segment) => `${box(x + across * size, y + down * size, width * size, height * size, 'white')}:enable='gt(bitand(${segmentMasks[segment] ?? 0},pow(2,${value})),0)'`);
}

function colonBoxes(x: number, y: number, size: number): string[] {
  return [0.5, 1.3].map((down) => box(x, y + down * size, stroke * size, stroke * size, 'white'));
}

function box(x: number, y: number, width: number, height: number, colour: string): string {
  const [left, top] = [Math.max(0, Math.round(x)), Math.max(0, Math.round(y))];
  return `drawbox=x=${left}:y=${top}:w=${Math.max(1, Math.round(width))}:h=${Math.max(1, Math.round(height))}:color=${colour}:t=fill`;
}
