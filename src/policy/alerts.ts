/** What is wrong for so long that somebody is told, and from when on it is over. Pure; the caller brings facts and time. */

/** As in the table of problems. */
export type AlertCode = 'camera-away' | 'past-short' | 'pictures-dropped' | 'machine-busy' | 'disk-full';

/** What is known of a camera, and of the machine that all cameras share. */
export interface AlertFacts {
  /** Since when the camera, or a stream of it, is not there, and why. Undefined also where nobody may know: off, private, asleep on purpose. */
  readonly away: { readonly sinceMs: number; readonly because: string } | undefined;
  /** How far its past in memory reaches, where there is no room for all of it. */
  readonly shortPastMs: number | undefined;
  /** Its pictures that were left out within the last minute, as somebody was too slow for them. */
  readonly droppedLastMinute: number;
  /** Since when something has been limited because of the load. */
  readonly limitedSinceMs: number | undefined;
  /** Where the plugin keeps its files. */
  readonly disk: DiskSpace | undefined;
}

/** For who may not use what is kept for the administrator. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** Something that is wrong. */
export interface Alert {
  readonly code: AlertCode;
  /** What is wrong with the machine is so for all cameras. */
  readonly of: 'camera' | 'machine';
  /** Since when it has been wrong. */
  readonly sinceMs: number;
  /** What was seen when the alert began; may be empty. */
  readonly seen: string;
}

const mib = 2 ** 20;

export const alertLimits = {
  /** It is over when all has been well for so long; nothing begins so soon after something ended. */
  wellForMs: 30_000,
  /** Pictures in a minute: one that is left out now and then is no problem. */
  droppedInMinute: 60,
  /** Of a large disk 1 % is enough for anything that is kept here. */
  disk: { leastFreeBytes: 200 * mib, leastFreeShare: 0.01, enoughFreeBytes: 2_048 * mib, roomAgainAt: 1.25 },
} as const;

/** What is wrong at the moment; without `sinceMs` since now. */
interface Wrong {
  readonly sinceMs?: number;
  readonly seen: string;
}

interface AlertRule {
  readonly code: AlertCode;
  readonly of: Alert['of'];
  /** `lasting`: when it has been so for `alertAfter`, as it may pass. */
  readonly begins: 'lasting' | 'at once';
  /** `on`: whether there is an alert of it already. */
  readonly wrong: (facts: AlertFacts, on: boolean) => Wrong | undefined;
}

const rules: readonly AlertRule[] = [
  { code: 'camera-away', of: 'camera', begins: 'lasting', wrong: ({ away }) => away && { sinceMs: away.sinceMs, seen: away.because } },
  { code: 'past-short', of: 'camera', begins: 'at once', wrong: ({ shortPastMs }) => (shortPastMs === undefined ? undefined : { seen: `it reaches ${Math.round(shortPastMs / 1000)} s back` }) },
  {
    code: 'pictures-dropped',
    of: 'camera',
    begins: 'lasting',
    wrong: ({ droppedLastMinute }) => (droppedLastMinute < alertLimits.droppedInMinute ? undefined : { seen: `${droppedLastMinute} within a minute` }),
  },
  { code: 'machine-busy', of: 'machine', begins: 'lasting', wrong: ({ limitedSinceMs }) => (limitedSinceMs === undefined ? undefined : { sinceMs: limitedSinceMs, seen: '' }) },
  {
    code: 'disk-full',
    of: 'machine',
    begins: 'at once',
    wrong: ({ disk }, on) => (!disk || disk.freeBytes >= leastFreeBytes(disk) * (on ? alertLimits.disk.roomAgainAt : 1) ? undefined : { seen: `${Math.round(disk.freeBytes / mib)} MiB are free` }),
  },
];

/** What has to be free on a disk. */
export function leastFreeBytes({ totalBytes }: DiskSpace): number {
  const { leastFreeBytes: least, leastFreeShare, enoughFreeBytes } = alertLimits.disk;
  return Math.min(Math.max(least, totalBytes * leastFreeShare), enoughFreeBytes);
}

/** Something that is or was wrong, until it has been well for long enough. */
interface Trouble {
  readonly sinceMs: number;
  readonly wellSinceMs: number | undefined;
  /** Once it has been wrong for long enough. */
  readonly alert: Alert | undefined;
}

/** The alerts of one camera. Whether there are any changes at most once within `alertLimits.wellForMs`, whatever comes and goes. */
export class CameraAlerts {
  readonly #alertAfterMs: number;
  readonly #troubles = new Map<AlertCode, Trouble>();
  #lookedMs = -Infinity;
  #endedMs = -Infinity;

  constructor(alertAfterMs: number) {
    this.#alertAfterMs = alertAfterMs;
  }

  /** What is wrong by now. Times rise. An alert stays the same object as long as it lasts. */
  after(facts: AlertFacts, atMs: number): readonly Alert[] {
    for (const rule of rules) {
      const wrong = rule.wrong(facts, this.#troubles.get(rule.code)?.alert !== undefined);
      if (wrong) {
        this.#isWrong(rule, wrong, atMs);
      } else {
        this.#isWell(rule.code, atMs);
      }
    }
    this.#lookedMs = atMs;
    return [...this.#troubles.values()].flatMap(({ alert }) => alert ?? []);
  }

  #isWrong({ code, of, begins }: AlertRule, wrong: Wrong, atMs: number): void {
    const before = this.#troubles.get(code);
    // What was well when somebody looked last has begun since: a camera that was off, and gone before that, is given its time.
    const since = before?.sinceMs ?? Math.min(atMs, Math.max(wrong.sinceMs ?? atMs, this.#lookedMs));
    const lasts = atMs - since >= (begins === 'lasting' ? this.#alertAfterMs : 0);
    const alert = before?.alert ?? (lasts && atMs - this.#endedMs >= alertLimits.wellForMs ? { code, of, sinceMs: since, seen: wrong.seen } : undefined);
    this.#troubles.set(code, { sinceMs: since, wellSinceMs: undefined, alert });
  }

  #isWell(code: AlertCode, atMs: number): void {
    const before = this.#troubles.get(code);
    if (!before) {
      return;
    }
    const wellSinceMs = before.wellSinceMs ?? atMs;
    if (atMs - wellSinceMs < alertLimits.wellForMs) {
      this.#troubles.set(code, { ...before, wellSinceMs });
      return;
    }
    this.#troubles.delete(code);
    if (before.alert) {
      this.#endedMs = atMs;
    }
  }
}
