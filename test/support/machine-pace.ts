import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ffmpegPath } from './house.js';

/** What starting FFmpeg and encoding six seconds with it on one thread takes on two quiet server cores. */
const quietMs = 350;

const work = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30:duration=6', '-c:v', 'libx264', '-preset', 'superfast', '-threads', '1', '-f', 'null', '-'];

/**
 * How many times longer a bare FFmpeg takes at this moment than on a quiet machine; at least 1. Times that are promised for a machine
 * that keeps up are multiplied by it: what is tested is the plugin, not what else the machine has to do.
 */
export async function machinePace(): Promise<number> {
  const startMs = performance.now();
  await promisify(execFile)(ffmpegPath, work);
  return Math.max(1, (performance.now() - startMs) / quietMs);
}
