/**
 * One camera of the plugin and everything of `four-needs.ts`, from one decoder. Gets the path of FFmpeg and the camera's address as
 * arguments, answers each message with a `SharedVideoReport`, and ends when its owner lets go of it.
 */
import type { Frame } from '../../src/pipeline/frame-pool.js';
import type { PacketStream } from '../../src/pipeline/packet-stream.js';
import { StillRenderer } from '../../src/ffmpeg/still.js';
import { SnapshotService } from '../../src/homekit/snapshot.js';
import { snapshotLimits } from '../../src/policy/snapshot-choice.js';
import { openCameraPipeline } from './camera-pipeline.js';
import { fourNeeds, renditionNames } from './four-needs.js';
import type { SharedVideoReport } from './shared-video.js';

const [ffmpegPath = '', url = ''] = process.argv.slice(2);
const { renditions, motion, snapshot } = fourNeeds;
const report = { '720p': 0, '360p': 0, motion: 0, snapshots: 0, snapshotsFailed: 0 };
/** Half of what the plugin takes for a present picture. */
const freshMs = snapshotLimits.frameMs / 2;
const small = new Uint8Array(motion.width * motion.height);

await using pipeline = openCameraPipeline(ffmpegPath, url);
await using renderer = new StillRenderer();
const { camera } = pipeline;
const video = camera.video('main');
const snapshots = new SnapshotService(camera, renderer);
for (const name of renditionNames) {
  count(video.renditions.lease(renditions[name], name).packets, () => (report[name] += 1));
}
video.decoder.lease({ holder: 'motion', width: motion.width, height: motion.height, maxFps: motion.fps }, { onFrame: look });
const timer = setInterval(() => void takeSnapshot(), snapshot.everyMs);
const ended = Promise.withResolvers<undefined>();
process.on('message', () => process.send?.({ ...report, leftOut: leftOut() } satisfies SharedVideoReport));
process.on('disconnect', () => ended.resolve(undefined));
await ended.promise;
clearInterval(timer);

/** As a live view does: each picture as it comes. */
function count(packets: PacketStream, onUnit: () => void): void {
  const reader = packets.read(() => {
    while (reader.next()) {
      onUnit();
    }
  });
}

/** As a motion detector does: the whole luma plane, made small. Each small pixel is the mean of what it covers. */
function look({ luma, width, height }: Frame): void {
  const step = Math.floor(width / motion.width);
  for (let y = 0; y < Math.min(motion.height, Math.floor(height / step)); y++) {
    for (let x = 0; x < motion.width; x++) {
      let sum = 0;
      for (let row = 0; row < step; row++) {
        const start = (y * step + row) * width + x * step;
        for (let at = start; at < start + step; at++) {
          sum += luma[at] ?? 0;
        }
      }
      small[y * motion.width + x] = sum / (step * step);
    }
  }
  report.motion += 1;
}

async function takeSnapshot(): Promise<void> {
  const { newest } = video.decoder;
  if (!newest || performance.now() - newest.timeMs > freshMs) {
    return; // It would be of a keyframe, and leave an FFmpeg for the next one behind.
  }
  try {
    await snapshots.take(snapshot);
    report.snapshots += 1;
  } catch {
    report.snapshotsFailed += 1;
  }
}

/** Pictures that an encoder was too slow for, or that there was no room for. */
function leftOut(): number {
  return camera.status().streams.reduce((sum, { decoder, renditions: all }) => sum + decoder.pool.dropped + all.reduce((each, { dropped }) => each + dropped, 0), 0);
}
