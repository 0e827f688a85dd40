import type { CameraConfig } from '../../../config/options.js';
import type { HubConfig } from '../../../config/read-config.js';
import { ffmpegCandidates, findFfmpeg, type EquippedFfmpeg, type Ffmpeg } from '../../../ffmpeg/find-ffmpeg.js';
import { askProtocols } from '../../../ffmpeg/protocols.js';
import { Problem, problemTable } from '../../../problems.js';
import { check, type DoctorContext } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';

export interface FfmpegFacts {
  /** The option "ffmpegPath". */
  readonly wanted: string | undefined;
  /** The one that cameras are connected with, or why there is none. */
  readonly used: Ffmpeg | Problem;
  /** What was tried before it, and why it was not taken. */
  readonly passedOver: readonly string[];
  /** All that can be used, that one first. */
  readonly all: readonly EquippedFfmpeg[];
  /** What the used one can connect with. */
  readonly protocols: ReadonlySet<string>;
  readonly cameras: readonly Pick<CameraConfig, 'name' | 'source' | 'substream' | 'aacEld'>[];
}

/** What FFmpeg calls what the plugin cannot do everything without. */
const encoders: readonly { readonly name: string; readonly code: 'encoder-missing' | 'sound-encoder-missing' }[] = [
  { name: 'libx264', code: 'encoder-missing' },
  { name: 'libopus', code: 'sound-encoder-missing' },
];

/** What a build may lack, by how the address of a camera begins. FFmpeg's own RTSP is there in all. */
const protocolsByScheme: Readonly<Record<string, string>> = { rtsps: 'tls', rtmp: 'rtmp', rtmps: 'rtmps', http: 'http', https: 'https', srt: 'srt' };

export const ffmpegCheck = check({ title: 'FFmpeg', doing: 'Looking for FFmpeg', gather: gatherFfmpeg, judge: judgeFfmpeg });

async function gatherFfmpeg({ ffmpeg, hub }: DoctorContext): Promise<FfmpegFacts> {
  const { ffmpegPath: wanted, cameras }: HubConfig = hub;
  try {
    const { ffmpeg: used, passedOver } = await findFfmpeg(ffmpegCandidates(wanted));
    return { wanted, used, passedOver, cameras, all: await ffmpeg.all(), protocols: await askProtocols(used.path) };
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    return { wanted, used: error, passedOver: [], cameras, all: [], protocols: new Set() };
  }
}

export function judgeFfmpeg({ wanted, used, passedOver, all, protocols, cameras }: FfmpegFacts): readonly Finding[] {
  if (used instanceof Problem) {
    return [problem(used.message, problemTable[used.code].remedy)];
  }
  const has = (encoder: string): EquippedFfmpeg | undefined => all.find(({ abilities }) => abilities.encoders.has(encoder));
  return [
    ok(`${nameOf(used)}, used for all cameras`),
    ...(wanted !== undefined && used.path !== wanted ? [warning(`the FFmpeg of the option "ffmpegPath" cannot be used, this one takes its place (${passedOver.join('; ')})`, 'Correct "ffmpegPath", or remove it.')] : []),
    ...all.filter(({ path }) => path !== used.path).map((each) => ok(`${nameOf(each)}, used where the first one lacks something`)),
    ...encoders.map(({ name, code }) => {
      const able = has(name);
      return able ? ok(`${name} is there${able.path === used.path ? '' : ` (${nameOf(able)})`}`) : problem(problemTable[code].what, problemTable[code].remedy);
    }),
    ...cameras.flatMap((camera) => judgeProtocols(camera, protocols)),
    ...(cameras.some(({ aacEld }) => aacEld) && !has('libfdk_aac') ? [warning('"aacEld" is set for a camera, and no FFmpeg was found that was built with libfdk_aac', 'Live sound comes as Opus. Remove "ffmpegPath" so that the bundled FFmpeg is used, or remove "aacEld".')] : []),
  ];
}

function judgeProtocols({ name, source, substream }: FfmpegFacts['cameras'][number], protocols: ReadonlySet<string>): readonly Finding[] {
  const schemes = [source, substream ?? ''].map((each) => /^([a-z]+):\/\//i.exec(each)?.[1]?.toLowerCase() ?? '');
  const missing = [...new Set(schemes.flatMap((scheme) => protocolsByScheme[scheme] ?? []))].filter((protocol) => protocols.size > 0 && !protocols.has(protocol));
  return missing.map((protocol) => problem(`${name}: this FFmpeg was built without ${protocol}, which its address needs`, 'Remove "ffmpegPath" so that the bundled FFmpeg is used, or install one that was built with it.'));
}

function nameOf({ version, path, origin }: Ffmpeg): string {
  return `${version}, ${path} (from ${origin})`;
}
