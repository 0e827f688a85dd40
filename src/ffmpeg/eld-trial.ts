import { Buffer } from 'node:buffer';
import { aacEldSbrConfig } from '../media/audio-specific-config.js';
import { Fmp4Reader } from '../media/fmp4-reader.js';
import { liveSoundSettings } from '../policy/live-sound.js';
import { FfmpegProcess } from './ffmpeg-process.js';
import type { FfmpegSearch } from './ffmpeg-search.js';
import type { EquippedFfmpeg, Ffmpeg } from './find-ffmpeg.js';
import { soundTrialArguments, talkArguments } from './sound-arguments.js';

/** HomeKit is told what live sound comes in when an accessory is made, and no camera waits longer for that. */
const withinMs = 3_000;
/** Encoder and decoder are both called so. */
const codecName = 'libfdk_aac';

/** A second of silence in G.711 at 16 kHz. */
const silence = Buffer.alloc(16_000, 0xff);
const settings = liveSoundSettings({ codec: 'aac-eld', sampleRate: 16_000, constantBitrate: false, bitrateKbps: 0, packetMs: 30 }, { audioGain: 0, noiseFilter: false }, 100);
const heardFormat = { codec: 'pcm_mulaw', clockRate: 8_000, channels: 1 } as const;
/** Of the second, what a decoder must at least give: it may keep some frames for itself. */
const leastHeardBytes = 0.8 * heardFormat.clockRate;

/**
 * The first FFmpeg that makes AAC-ELD of sound as HomeKit wants it, and sound of that; undefined where none does, or none in time.
 * Some lack the option for the length of frames (FFmpeg 5.1), some SBR.
 * @param note for the log.
 */
export async function findEldFfmpeg(search: FfmpegSearch, note: (text: string) => void): Promise<Ffmpeg | undefined> {
  const late = AbortSignal.timeout(withinMs);
  return Promise.race([firstThatWorks(search, note, late), aborted(late)]);
}

async function firstThatWorks(search: FfmpegSearch, note: (text: string) => void, late: AbortSignal): Promise<Ffmpeg | undefined> {
  const equipped = (await search.all()).filter(({ abilities }) => abilities.encoders.has(codecName) && abilities.decoders.has(codecName));
  for (const ffmpeg of equipped) {
    const because = await whyNot(ffmpeg, late);
    note(`AAC-ELD with FFmpeg ${ffmpeg.version} from ${ffmpeg.origin}: ${because ?? 'works'}.`);
    if (because === undefined) {
      return ffmpeg;
    }
  }
  if (equipped.length === 0) {
    note('AAC-ELD is not offered, as no FFmpeg with libfdk_aac was found.');
  }
  return undefined;
}

/** What is wrong with it; undefined where nothing is. */
async function whyNot({ path }: EquippedFfmpeg, late: AbortSignal): Promise<string | undefined> {
  await using encoder = new FfmpegProcess({ path, args: soundTrialArguments(settings), role: 'probe' });
  await using decoder = new FfmpegProcess({ path, args: talkArguments('aac-eld', heardFormat, 0), role: 'probe' });
  const stop = (): void => [encoder, decoder].forEach((run) => void run.stop());
  late.addEventListener('abort', stop);
  if (late.aborted) {
    stop();
  }
  const [encoded, heard] = [collect(encoder), collect(decoder)];
  encoder.stdout.pipe(decoder.stdin);
  encoder.stdin.end(silence);
  const ends = await Promise.all([encoder.ended, decoder.ended]);
  late.removeEventListener('abort', stop);
  const failed = ends.find(({ code }) => code !== 0);
  if (failed) {
    return failed.asked ? `no answer within ${withinMs / 1000} s` : (failed.said.split('\n')[0] ?? '');
  }
  if (!isEld(Buffer.concat(encoded))) {
    return 'what it encodes is not what viewers expect';
  }
  return Buffer.concat(heard).length < leastHeardBytes ? 'it does not decode what it encoded' : undefined;
}

/** Whether it is what viewers expect without being told. */
function isEld(mp4: Buffer): boolean {
  let expected = false;
  new Fmp4Reader({
    onTracks: ([track]) => {
      expected = track !== undefined && Buffer.compare(track.config, aacEldSbrConfig()) === 0;
    },
    onSample: () => undefined,
  }).push(mp4);
  return expected;
}

/** What comes, as long as it comes. */
function collect({ stdout }: FfmpegProcess): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  stdout.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  return chunks;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
