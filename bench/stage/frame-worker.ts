/** A worker thread that gets pictures, looks at none of their bytes, and gives them back. */
import { parentPort } from 'node:worker_threads';
import { openSharedFrame, type SharedFrame } from '../../src/pipeline/shared-frame.js';

parentPort?.on('message', (shared: SharedFrame) => {
  using frame = openSharedFrame(shared);
  parentPort?.postMessage(frame.timeMs);
});
