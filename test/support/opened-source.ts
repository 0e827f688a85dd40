import type { CameraConfig } from '../../src/config/options.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { openPlugin, type OpenedPlugin } from './opened-camera.js';
import { decodeJpeg, type Picture } from './picture.js';
import { until } from './until.js';

/** The plugin's camera of a source, without a simulated camera; ends with it. */
export interface OpenedSource extends OpenedPlugin {
  /** The newest keyframe, decoded at its own size; waits for the first one. */
  picture(): Promise<Picture>;
}

export async function openSource(source: string, options: Partial<CameraConfig> = {}): Promise<OpenedSource> {
  const opened = await openPlugin({ source, ...options });
  const { camera } = opened;
  const renderer = new StillRenderer();
  const picture = async (): Promise<Picture> => {
    using _lease = camera.main.lease({ holder: 'picture' });
    await until('a keyframe is there', () => camera.main.packets.liveKeyframe !== undefined);
    const { liveKeyframe: keyframe } = camera.main.packets;
    if (!keyframe) {
      throw new Error('The keyframe is gone.');
    }
    const { width, height } = keyframe.format;
    return await decodeJpeg(await renderer.render(await camera.ffmpeg(), keyframe, { width, height }, AbortSignal.timeout(20_000)));
  };
  const dispose = async (): Promise<void> => {
    await renderer[Symbol.asyncDispose]();
    await opened[Symbol.asyncDispose]();
  };
  return { ...opened, picture, [Symbol.asyncDispose]: dispose };
}
