import type { CameraStatistics } from '../../test/support/camera/statistics.js';
import type { CameraNews } from './camera-news.js';
import type { Load } from './load-meter.js';
import type { CameraStatus } from './screen.js';

export interface StatusFacts {
  readonly camera: string;
  /** Of the plugin's log. */
  readonly news: CameraNews;
  /** Frames per second that each stream of the simulated camera sends. */
  readonly fps: Readonly<Record<string, number>>;
  /** Of the simulated camera; undefined when it did not answer. */
  readonly statistics: CameraStatistics | undefined;
  /** Somebody has added the camera in the Home app. */
  readonly paired: boolean;
  readonly load: Load | undefined;
}

/** The status of a camera in words. Pure. */
export function cameraStatus({ camera, news, fps, statistics, paired, load }: StatusFacts): CameraStatus {
  const streams = [...news.formats].map(([stream, format]) => `${format} ${fps[stream] ?? '?'} fps`);
  const playing = (statistics?.playing.main.now ?? 0) > 0;
  const connected = streams.length > 0 && playing;
  const state = streams.length === 0 ? 'connecting' : connected ? `connected, sends ${streams.join(' and ')}` : 'not connected';
  const used = [
    plural(statistics?.connections.now ?? 0, 'connection'),
    plural(news.liveViews, 'live view'),
    plural(news.snapshots, 'snapshot'),
    paired ? 'added to Home' : 'not in Home yet',
  ];
  return {
    good: connected,
    facts: [`${camera} ${state}`, used.join(', ')],
    figures: figures(load),
  };
}

function figures(load: Load | undefined): string {
  if (!load) {
    return '';
  }
  const cpu = load.cpuPercent === undefined ? '' : `${load.cpuPercent} % of a core, `;
  return `Homebridge and ${load.ffmpegs} FFmpeg: ${cpu}${load.memoryMiB} MiB`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
