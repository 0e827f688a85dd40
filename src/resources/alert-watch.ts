import { CameraAlerts, type Alert, type AlertCode, type AlertFacts, type DiskSpace } from '../policy/alerts.js';
import { duration, ProblemLog, type Log } from '../problem-log.js';
import { Problem } from '../problems.js';
import { RecentCount } from '../recent-count.js';
import { realTimers, type Timers } from '../timers.js';

const lookEveryMs = 5_000;
const minuteMs = 60_000;
const diskEveryMs = minuteMs;
/** What has been wrong for less has begun just now. */
const lastingMs = 30_000;

/** Something that is wrong, for the outside world. Can be written as JSON. */
export interface ReportedAlert {
  readonly code: AlertCode;
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly text: string;
}

/** A camera that somebody wants to know about. */
export interface AlertedCamera {
  readonly problems: ProblemLog;
  /** What may be wrong with it. `droppedPictures`: left out so far, as somebody was too slow for them. */
  alertFacts(): Pick<AlertFacts, 'away' | 'shortPastMs'> & { readonly droppedPictures: number };
  /** What is wrong from now on; set when that changes. */
  set alerts(alerts: readonly ReportedAlert[]);
}

export interface AlertWatchOptions {
  readonly cameras: readonly AlertedCamera[];
  readonly alertAfterMs: number;
  /** Since when something has been limited because of the load, process clock. */
  readonly limitedSinceMs: () => number | undefined;
  /** Of what the plugin writes to. Never rejects. */
  readonly disk: () => Promise<DiskSpace | undefined>;
  readonly log: Log;
  readonly timers?: Timers;
  /** The process clock. */
  readonly now?: () => number;
}

interface Watched {
  readonly camera: AlertedCamera;
  readonly judge: CameraAlerts;
  /** Pictures that were left out within a minute. */
  readonly drops: RecentCount;
  alerts: readonly Alert[];
  reported: readonly ReportedAlert[];
}

/** How the log says that it is over. Of a camera that is back it has said so already. */
const endLines: Readonly<Record<AlertCode, string | undefined>> = {
  'camera-away': undefined,
  'past-short': 'all of the past fits into memory again',
  'pictures-dropped': 'no pictures are left out any more',
  'machine-busy': 'the machine has time again',
  'disk-full': 'there is room on the disk again',
};

/** Looks every few seconds whether something is wrong with a camera for so long that somebody is to be told, and tells the camera and the log. */
export class AlertWatch implements Disposable {
  readonly #options: AlertWatchOptions;
  readonly #timers: Timers;
  readonly #now: () => number;
  readonly #cameras: readonly Watched[];
  readonly #problems: ProblemLog;
  #disk: DiskSpace | undefined;
  #diskAskedMs = -Infinity;
  #askingDisk = false;
  #ofMachine: readonly Alert[] = [];
  #timer: unknown;

  constructor(options: AlertWatchOptions) {
    const { cameras, alertAfterMs, log, timers = realTimers, now = () => performance.now() } = options;
    this.#options = options;
    this.#timers = timers;
    this.#now = now;
    this.#problems = new ProblemLog('Camera Hub', log, now);
    this.#cameras = cameras.map((camera) => ({ camera, judge: new CameraAlerts(alertAfterMs), drops: new RecentCount(minuteMs, now), alerts: [], reported: [] }));
    this.#look();
  }

  [Symbol.dispose](): void {
    this.#timers.clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = this.#timers.setTimeout(() => this.#look(), lookEveryMs);
    const atMs = this.#now();
    this.#askDisk(atMs);
    for (const watched of this.#cameras) {
      try {
        this.#lookAt(watched, atMs);
      } catch (error) {
        // A mistake of ours about one camera costs the others nothing.
        this.#options.log.error(`Camera Hub: the problems of a camera cannot be reported: ${String(error)}`);
      }
    }
    // Once in the log, not for each camera.
    const ofMachine = new Map(this.#cameras.flatMap(({ alerts }) => alerts.filter(({ of }) => of === 'machine').map((alert) => [alert.code, alert])));
    this.#ofMachine = tellChanges(this.#problems, this.#ofMachine, [...ofMachine.values()], atMs);
  }

  #lookAt(watched: Watched, atMs: number): void {
    const { camera, judge, drops } = watched;
    const { droppedPictures, ...facts } = camera.alertFacts();
    drops.add(droppedPictures - drops.total);
    const alerts = judge.after({ ...facts, droppedLastMinute: drops.recent, limitedSinceMs: this.#options.limitedSinceMs(), disk: this.#disk }, atMs);
    const before = watched.alerts;
    watched.alerts = alerts;
    if (alerts.length === before.length && alerts.every((alert) => before.includes(alert))) {
      return;
    }
    const own = ({ of }: Alert): boolean => of === 'camera';
    tellChanges(camera.problems, before.filter(own), alerts.filter(own), atMs);
    watched.reported = alerts.map((alert) => watched.reported.find(({ code }) => code === alert.code) ?? reported(alert, atMs));
    camera.alerts = watched.reported;
  }

  /** Nobody waits for it: a disk in the network may take its time. */
  #askDisk(atMs: number): void {
    if (this.#askingDisk || atMs - this.#diskAskedMs < diskEveryMs) {
      return;
    }
    this.#askingDisk = true;
    this.#diskAskedMs = atMs;
    void this.#options.disk().then((disk) => {
      this.#askingDisk = false;
      this.#disk = disk;
    });
  }
}

/** What has begun, and what is over. @returns what is wrong now. */
function tellChanges(problems: ProblemLog, before: readonly Alert[], now: readonly Alert[], atMs: number): readonly Alert[] {
  for (const { code, sinceMs, seen } of now.filter((alert) => !before.some(({ code }) => code === alert.code))) {
    const forMs = atMs - sinceMs;
    const problem = new Problem(code, [forMs < lastingMs ? '' : `for ${duration(forMs)}`, seen].filter((part) => part !== '').join(': '));
    if (endLines[code] === undefined) {
      problems.tell(problem);
    } else {
      problems.report(code, problem, sinceMs);
    }
  }
  for (const { code } of before.filter((alert) => !now.some(({ code }) => code === alert.code))) {
    const line = endLines[code];
    if (line !== undefined) {
      problems.solved(code, line);
    }
  }
  return now;
}

/** By the clock on the wall as it is now: that of a small machine is wrong until it has asked the network. */
function reported({ code, sinceMs, seen }: Alert, atMs: number): ReportedAlert {
  return { code, since: new Date(Date.now() - (atMs - sinceMs)).toISOString(), text: new Problem(code, seen).message };
}
