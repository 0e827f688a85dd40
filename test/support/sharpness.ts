interface Grey {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Variance of the Laplacian: how much fine detail a picture has. */
export function sharpness({ luma, width, height }: Grey): number {
  let [sum, squares] = [0, 0];
  const at = (x: number, y: number): number => luma[y * width + x] ?? 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const laplacian = 4 * at(x, y) - at(x - 1, y) - at(x + 1, y) - at(x, y - 1) - at(x, y + 1);
      sum += laplacian;
      squares += laplacian * laplacian;
    }
  }
  const count = (width - 2) * (height - 2);
  return squares / count - (sum / count) ** 2;
}

/** The same picture as if it had been made larger from one `times` smaller, each pixel of which is the mean of those in its place. */
export function blownUp({ luma, width, height }: Grey, times: number): Grey {
  const [columns, rows] = [Math.floor(width / times), Math.floor(height / times)];
  const small = new Float64Array(columns * rows);
  for (let y = 0; y < rows * times; y += 1) {
    for (let x = 0; x < columns * times; x += 1) {
      const index = Math.floor(y / times) * columns + Math.floor(x / times);
      small[index] = (small[index] ?? 0) + (luma[y * width + x] ?? 0) / times ** 2;
    }
  }
  const smallAt = (x: number, y: number): number => small[Math.min(Math.max(y, 0), rows - 1) * columns + Math.min(Math.max(x, 0), columns - 1)] ?? 0;
  const large = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      // Between the four nearest.
      const [exactX, exactY] = [(x + 0.5) / times - 0.5, (y + 0.5) / times - 0.5];
      const [left, top] = [Math.floor(exactX), Math.floor(exactY)];
      const [right, down] = [exactX - left, exactY - top];
      const upper = smallAt(left, top) * (1 - right) + smallAt(left + 1, top) * right;
      const lower = smallAt(left, top + 1) * (1 - right) + smallAt(left + 1, top + 1) * right;
      large[y * width + x] = Math.round(upper * (1 - down) + lower * down);
    }
  }
  return { luma: large, width, height };
}
