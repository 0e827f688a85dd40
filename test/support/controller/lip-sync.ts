import { readMarks } from '../camera/marks.js';
import { beepOnsets, nearestBeeps } from '../sound/beeps.js';
import type { HeardSound, ListenOptions } from './heard-sound.js';
import type { VideoReceiver } from './video-receiver.js';
import { wallClock } from './wall-clock.js';

const marksSize = { width: 160, height: 90 } as const;
const pictureClockRate = 90_000;

/** When the flashes of the simulated camera were seen: wall clock of the sender, in milliseconds since 1970. Throws when a picture is damaged. */
export async function flashTimes(video: VideoReceiver, ffmpegPath: string): Promise<number[]> {
  const units = video.units();
  const shown = units.slice(units.findIndex(({ keyframe }) => keyframe));
  const { luma, errors } = await video.decode({ ffmpegPath, luma: marksSize, to: units.length });
  if (luma.length !== shown.length) {
    throw new Error(`FFmpeg made ${luma.length} pictures of ${shown.length}: ${errors}`);
  }
  const flashes = luma.map((picture) => readMarks(picture, marksSize.width, marksSize.height)?.flash);
  return shown.flatMap(({ timestamp, ssrc }, index) =>
    flashes[index] === true && flashes[index - 1] === false ? [wallClock(video.capture.senderReports(), ssrc, pictureClockRate)(timestamp)] : [],
  );
}

/** When the beeps of the simulated camera began, on the same clock, and from when to when there was sound at all. */
export async function beepTimes(heard: HeardSound, options: ListenOptions): Promise<{ readonly beeps: readonly number[]; readonly from: number; readonly to: number }> {
  const { samples, sampleRate, timestamp } = await heard.decode(options);
  const wallMs = (seconds: number): number => heard.wallMs(timestamp + Math.round(seconds * heard.clockRate));
  return { beeps: beepOnsets({ samples, sampleRate, startSeconds: 0 }).map(wallMs), from: wallMs(0), to: wallMs(samples.length / sampleRate) };
}

/** For each flash with half a second of sound before and after it, how much later its beep is heard, in milliseconds; NaN where there is none within half a second. */
export async function lipOffsetsMs(video: VideoReceiver, heard: HeardSound, options: ListenOptions): Promise<number[]> {
  const [flashes, { beeps, from, to }] = await Promise.all([flashTimes(video, options.ffmpegPath), beepTimes(heard, options)]);
  const seconds = (ms: number): number => ms / 1000;
  return nearestBeeps(flashes.map(seconds), beeps.map(seconds), seconds(from), seconds(to)).map(({ soundLateMs }) => soundLateMs ?? NaN);
}
