import { decode as decodeJpeg } from 'jpeg-js';
import { readMarks } from '../../test/support/camera/marks.js';

/** Which picture of the camera's a snapshot shows; undefined where it shows none of them, but a placeholder. */
export function counterIn(jpeg: Buffer): number | undefined {
  const { data, width, height } = decodeJpeg(jpeg, { useTArray: true });
  const luma = new Uint8Array(width * height);
  for (let pixel = 0; pixel < luma.length; pixel++) {
    luma[pixel] = data[pixel * 4 + 1] ?? 0; // Green: the marks are black and white.
  }
  return readMarks(luma, width, height)?.counter;
}
