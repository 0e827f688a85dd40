import { FfmpegProcess } from './ffmpeg-process.js';

const answerWithinMs = 10_000;
/** The longest list, that of all filters or decoders, has some 50 KB. */
const longestAnswer = 512 * 1024;

/** What an FFmpeg was built with, by FFmpeg's own names. That hardware is there to use it with is not said. */
export interface FfmpegAbilities {
  readonly encoders: ReadonlySet<string>;
  readonly decoders: ReadonlySet<string>;
  readonly hwaccels: ReadonlySet<string>;
}

/** One name a line behind its flags (' V....D libx264  libx264 H.264 / AVC'), below a legend that is told apart by its '='. */
const flaggedName = /^ [A-Z.]{6} ([^\s=]+)/gm;
/** One name a line below 'Hardware acceleration methods:'. */
const bareName = /^(\w+)$/gm;

const questions = {
  encoders: { argument: '-encoders', name: flaggedName },
  decoders: { argument: '-decoders', name: flaggedName },
  hwaccels: { argument: '-hwaccels', name: bareName },
} as const satisfies Record<keyof FfmpegAbilities, { readonly argument: string; readonly name: RegExp }>;

/** Asks the FFmpeg at `path`. A list that it does not give is empty. */
export async function askAbilities(path: string): Promise<FfmpegAbilities> {
  const [encoders, decoders, hwaccels] = await Promise.all([askNames(path, 'encoders'), askNames(path, 'decoders'), askNames(path, 'hwaccels')]);
  return { encoders, decoders, hwaccels };
}

/** What an FFmpeg can read from, by FFmpeg's own names. */
export interface FfmpegInputs {
  readonly protocol: ReadonlySet<string>;
  /** Capture devices too. */
  readonly demuxer: ReadonlySet<string>;
}

/** One or several names of the same ('video4linux2,v4l2') behind a flag (' D  mpegts   MPEG-TS'), which of a device may be followed by another ('D d'). */
const demuxerName = /^ D[ E]?[ d]? *([a-z\d][^\s=]*) /gm;

/** Asks the FFmpeg at `path`. A list that it does not give is empty. */
export async function askInputs(path: string): Promise<FfmpegInputs> {
  const [protocols, demuxers] = await Promise.all([ask(path, '-protocols'), ask(path, '-demuxers')]);
  const inputs = /^Input:$(.*?)^Output:$/ms.exec(protocols.text)?.[1] ?? '';
  return {
    protocol: new Set(inputs.trim().split(/\s+/).filter((name) => name !== '')),
    demuxer: new Set(Array.from(demuxers.text.matchAll(demuxerName), ([, names = '']) => names.split(',')).flat()),
  };
}

async function askNames(path: string, question: keyof FfmpegAbilities): Promise<ReadonlySet<string>> {
  const { argument, name } = questions[question];
  const { text } = await ask(path, argument);
  return new Set(Array.from(text.matchAll(name), ([, found = '']) => found));
}

/** What FFmpeg prints to its standard output when it is asked about itself, and what it complains about. */
export async function ask(path: string, argument: string): Promise<{ readonly text: string; readonly complaint: string }> {
  const run = new FfmpegProcess({ path, args: ['-hide_banner', argument], role: 'probe' });
  const limit = setTimeout(() => void run.stop(), answerWithinMs);
  let text = '';
  run.stdout.setEncoding('utf8');
  run.stdout.on('data', (chunk: string) => {
    text = (text + chunk).slice(0, longestAnswer);
  });
  const end = await run.ended;
  clearTimeout(limit);
  return { text, complaint: end.said || `exit ${end.code ?? end.signal ?? '?'}` };
}
