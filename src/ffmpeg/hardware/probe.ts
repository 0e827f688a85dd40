import type { Readable } from 'node:stream';
import type { HardwareCheck } from '../../policy/hardware-choice.js';
import { FfmpegProcess, type FfmpegEnd } from '../ffmpeg-process.js';
import { readEncoded, readPictureList, whyNoProof, type SeenPictures } from './evidence.js';
import { readSample, sampleDecodeWhole } from './probe-sample.js';
import type { HardwareUse } from './requests.js';
import { inSoftware, trials, type Trial } from './trials.js';
import { decodeArguments } from './video-arguments.js';

/** Some hardware works for one at a time only, and a house has more than one camera. */
const atOnce = 2;
const limitMs = 10_000;
/** A second of H.264 at 2 Mbit/s has 250 KB; a list of pictures less. */
const longestOutput = 8 * 1024 * 1024;

/** `because` in FFmpeg's own words, where it has some. */
export type ProbeOutcome = { readonly works: true } | { readonly works: false; readonly because: string };

/** Lets hardware do a second of work, twice at the same time, and looks at what comes out. Worth nothing after `stop`. Rejects only when the sample is missing. */
export async function probe(check: HardwareCheck, use: HardwareUse, stop: AbortSignal): Promise<ProbeOutcome> {
  const outcomes = await Promise.all(Array.from({ length: atOnce }, () => tryOnce(trials[check], use, stop)));
  return outcomes.find(({ works }) => !works) ?? { works: true };
}

async function tryOnce(trial: Trial, use: HardwareUse, stop: AbortSignal): Promise<ProbeOutcome> {
  const limit = AbortSignal.timeout(limitMs);
  const over = AbortSignal.any([stop, limit]);
  const chain = [
    ...(trial.feed === 'pictures' ? [decodeArguments(inSoftware(use), sampleDecodeWhole)] : []),
    trial.argumentsFor(use),
    ...(trial.gives === 'pictures' ? [listArguments] : []),
  ];
  const runs = chain.map((args) => new FfmpegProcess({ path: use.ffmpeg.path, args, role: 'probe' }));
  const stopAll = (): void => runs.forEach((run) => void run.stop());
  over.addEventListener('abort', stopAll);
  if (over.aborted) {
    stopAll();
  }
  try {
    connect(runs);
    const output = collect(runs.at(-1)?.stdout);
    runs[0]?.stdin.end(await readSample(trial.feed === 'pictures' ? 'h264' : trial.feed));
    const ends = await Promise.all(runs.map((run) => run.ended));
    const told = await output;
    if (limit.aborted) {
      return { works: false, because: `no answer within ${limitMs / 1000} s` };
    }
    const because = whyFailed(trial, ends) ?? whyNoProof(trial.gives === 'pictures' ? readPictureList(told.toString('latin1')) : readMp4(told), trial.size);
    return because === undefined ? { works: true } : { works: false, because };
  } finally {
    over.removeEventListener('abort', stopAll);
    await Promise.all(runs.map((run) => run.stop()));
  }
}

/** Each one's output goes into the next one; who has nobody left to write to is stopped. */
function connect(runs: readonly FfmpegProcess[]): void {
  runs.reduce((before, next) => {
    before.stdout.pipe(next.stdin);
    void next.ended.then(() => before.stop());
    return next;
  });
}

/** Lists the pictures that come as NUT: size, times and a checksum each. */
const listArguments = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-f', 'nut', '-i', 'pipe:0', '-map', '0:v:0', '-c', 'copy', '-copyts', '-f', 'framecrc', 'pipe:1'];

/** FFmpeg then goes on in software, without a word from its exit code. */
const fellBack = /Failed setup for format|hwaccel initiali[sz]ation returned error/;

function whyFailed({ decodes }: Trial, ends: readonly FfmpegEnd[]): string | undefined {
  const failed = ends.find(({ code, asked }) => code !== 0 && !asked);
  if (failed) {
    return firstReason(failed.said) ?? `FFmpeg ended with ${failed.code ?? failed.signal ?? 'unknown'}`;
  }
  const lines = decodes ? ends.flatMap(({ said }) => said.split('\n')) : [];
  return lines.find((line) => fellBack.test(line));
}

/** The first complaint is the cause, what follows are its consequences. */
export function firstReason(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.replace(/^(?:\[[^\]]* @ [^\]]*\] )+/, '').trim().replace(/\.$/, ''));
  return lines.find((line) => line !== '' && !line.startsWith('libva info:'))?.slice(0, 200);
}

function readMp4(mp4: Buffer): SeenPictures {
  try {
    return readEncoded(mp4);
  } catch {
    return { size: undefined, timesMs: [], beginsWithKeyframe: false };
  }
}

/** Everything that comes out; what is too long for an answer is lost. */
function collect(output: Readable | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    output?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= longestOutput) {
        chunks.push(chunk);
      }
    });
    output?.on('close', () => resolve(Buffer.concat(chunks)));
  });
}
