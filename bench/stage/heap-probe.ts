/**
 * Loaded into a Homebridge with `--import`: on SIGUSR2 it collects all garbage and prints how many bytes are still in use, in
 * JavaScript's heap and in buffers. Resident memory alone cannot tell a leak from a heap that was given more room.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  // What only a finished callback held goes with the second one.
  setImmediate(() => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    console.log(`In use: ${heapUsed + external} bytes`);
  });
});
