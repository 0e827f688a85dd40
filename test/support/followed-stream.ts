import type { AccessUnit } from '../../src/media/access-unit.js';
import type { AudioPacket } from '../../src/media/audio-packet.js';
import type { CameraStream } from '../../src/pipeline/camera-stream.js';
import type { CameraSettings } from './camera/rtsp-camera.js';
import { openStream, type OpenedStream } from './opened-stream.js';

interface Arrived {
  /** When it came, on this process's clock. */
  readonly arrivalMs: number;
}

/** What came of a stream since it is followed. */
export interface Followed {
  readonly units: readonly (AccessUnit & Arrived)[];
  readonly packets: readonly (AudioPacket & Arrived)[];
  /** Fails where it takes longer than so long. */
  until(reached: () => boolean, ms?: number): Promise<void>;
}

/** Reads along from now on. @param events what else is said where it is waited in vain. */
export function follow(stream: CameraStream, events: () => readonly string[]): Followed {
  const units: (AccessUnit & Arrived)[] = [];
  const pictures = stream.packets.read(() => {
    for (let unit = pictures.next(); unit; unit = pictures.next()) {
      units.push({ ...unit, arrivalMs: performance.now() });
    }
  });
  const packets: (AudioPacket & Arrived)[] = [];
  const sound = stream.audio.read(-Infinity, () => {
    for (let packet = sound.next(); packet; packet = sound.next()) {
      packets.push({ ...packet, arrivalMs: performance.now() });
    }
  });
  const until = async (reached: () => boolean, ms = 40_000): Promise<void> => {
    const deadline = performance.now() + ms;
    while (!reached()) {
      if (performance.now() > deadline) {
        throw new Error(`Not reached in ${ms} ms; ${units.length} pictures, ${packets.length} packets of sound, ${stream.connections} connections; ${events().join('; ')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  return { units, packets, until };
}

export interface FollowedStream extends OpenedStream, Followed {}

/** Opens a simulated camera through the pipeline; `wanted`: whether its sound is. */
export async function listenTo(settings: Partial<CameraSettings>, wanted = true): Promise<FollowedStream> {
  const open = await openStream(settings, { sound: wanted });
  return { ...open, ...follow(open.stream, () => open.problems.map(({ message }) => message)) };
}
