/**
 * A larger JPEG than asked for is passed on as it is up to these: HomeKit takes any size, but a wall of tiles is not to be sent megabytes.
 * Wider by this factor it is scaled from more pixels than show, and a picture of so few bytes costs less than FFmpeg does.
 */
const larger = { factor: 2, mostBytes: 300_000 } as const;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whether a camera's JPEG answers a snapshot as it is. `because` completes "it is copied, as" or "it is scaled, as". Pure. */
export function fitJpeg(jpeg: Size & { readonly bytes: number }, asked: Size): { readonly copied: boolean; readonly because: string } {
  const { factor, mostBytes } = larger;
  if (jpeg.width <= asked.width && jpeg.height <= asked.height) {
    return { copied: true, because: 'it is no larger than asked' };
  }
  if (jpeg.width > asked.width * factor || jpeg.height > asked.height * factor) {
    return { copied: false, because: `its ${jpeg.width}x${jpeg.height} are more than ${factor} times what is asked` };
  }
  return jpeg.bytes <= mostBytes ? { copied: true, because: 'it is little larger than asked' } : { copied: false, because: `it has ${Math.round(jpeg.bytes / 1000)} kB` };
}
