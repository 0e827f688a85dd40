import type { AudioPacket } from '../../src/media/audio-packet.js';
import type { CameraSettings } from './camera/rtsp-camera.js';
import { openStream, type OpenedStream } from './opened-stream.js';

/** A stream that is read along from the beginning: its sound, and the times of its pictures, on this process's clock. */
export interface FollowedStream extends OpenedStream {
  readonly packets: readonly AudioPacket[];
  /** When each of the packets came. */
  readonly arrivals: readonly number[];
  readonly pictures: readonly { readonly timeMs: number; readonly arrivalMs: number }[];
  /** Fails where it takes longer than so long. */
  until(reached: () => boolean, ms?: number): Promise<void>;
}

/** Opens a simulated camera through the pipeline; `wanted`: whether its sound is. */
export async function listenTo(settings: Partial<CameraSettings>, wanted = true): Promise<FollowedStream> {
  const open = await openStream(settings, { sound: wanted });
  const { stream, problems } = open;
  const packets: AudioPacket[] = [];
  const arrivals: number[] = [];
  const sound = stream.audio.read(-Infinity, () => {
    for (let packet = sound.next(); packet; packet = sound.next()) {
      packets.push(packet);
      arrivals.push(performance.now());
    }
  });
  const pictures: { readonly timeMs: number; readonly arrivalMs: number }[] = [];
  const reader = stream.packets.read(() => {
    for (let unit = reader.next(); unit; unit = reader.next()) {
      pictures.push({ timeMs: unit.timeMs, arrivalMs: performance.now() });
    }
  });
  const until = async (reached: () => boolean, ms = 25_000): Promise<void> => {
    const deadline = performance.now() + ms;
    while (!reached()) {
      if (performance.now() > deadline) {
        throw new Error(`Not reached in ${ms} ms; ${packets.length} packets of sound, ${pictures.length} pictures, problems: ${problems.map(({ message }) => message).join('; ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { ...open, packets, arrivals, pictures, until };
}
