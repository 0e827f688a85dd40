import { readMarks } from '../../test/support/camera/marks.js';
import type { SpawnedCamera } from '../../test/support/camera/spawn-camera.js';
import type { ReceivedUnit } from '../../test/support/controller/access-units.js';
import { decodeAnnexB } from '../../test/support/controller/decode.js';

/** A received picture, and how long it took from the camera's sending of it to its last packet. */
export interface TimedPicture {
  readonly unit: ReceivedUnit;
  readonly latencyMs: number;
}

/** At this size the marks are still read safely. */
const luma = { width: 320, height: 180 } as const;

/**
 * Reads in each picture which one of the camera's it is: for converted pictures, whose bytes tell nothing. To be asked while the camera
 * still knows when it sent them: its loop of 20 s must not have come round. Begins with the first keyframe; throws where anything cannot
 * be decoded or read.
 */
export async function timePictures(units: readonly ReceivedUnit[], camera: SpawnedCamera, ffmpegPath: string): Promise<TimedPicture[]> {
  const shown = units.slice(units.findIndex(({ keyframe }) => keyframe));
  const decoded = await decodeAnnexB(Buffer.concat(shown.map(({ annexB }) => annexB)), { ffmpegPath, luma });
  if (decoded.errors !== '' || decoded.frames !== shown.length) {
    throw new Error(`Of ${shown.length} pictures ${decoded.frames} were decoded. ${decoded.errors}`);
  }
  return await Promise.all(
    shown.map(async (unit, index) => {
      const counter = readMarks(decoded.luma[index] ?? Buffer.alloc(0), luma.width, luma.height)?.counter;
      const sentMs = counter === undefined ? undefined : await camera.sentAt(counter);
      if (sentMs === undefined) {
        throw new Error(`Picture ${index} does not show what the camera films.`);
      }
      return { unit, latencyMs: unit.lastArrivalMs - sentMs };
    }),
  );
}
