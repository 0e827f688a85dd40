import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, type DoctorContext } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';

/** All in milliseconds since 1970. */
export interface TimeFacts {
  readonly nowMs: number;
  /** When the newest of some files was written that Homebridge and its plugins write to. */
  readonly newestFileMs: number;
  /** 'Europe/London'. */
  readonly zone: string;
  /** Whether somebody chose that zone. */
  readonly zoneChosen: boolean;
}

const dayMs = 86_400_000;
/** A clock without a battery begins in 1970, or when the machine was last switched off. */
const plausibleFromMs = Date.UTC(2025, 0, 1);
/** Nobody leaves a Homebridge for so long. */
const plausibleForMs = 365 * dayMs;

export const timeCheck = check({ title: 'Time', doing: 'Looking at the clock', gather: gatherTime, judge: judgeTime });

async function gatherTime({ storage }: DoctorContext): Promise<TimeFacts> {
  const files = [storage.configFile, ...['', 'persist', 'accessories', 'homebridge.log'].map((name) => join(storage.folder, name)), storage.hubFolder, fileURLToPath(import.meta.url)];
  const times = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.mtimeMs ?? 0));
  const zoneFile = await stat('/etc/localtime').catch(() => undefined);
  return { nowMs: Date.now(), newestFileMs: Math.max(...times), zone: Intl.DateTimeFormat().resolvedOptions().timeZone, zoneChosen: process.env.TZ !== undefined || zoneFile !== undefined };
}

export function judgeTime({ nowMs, newestFileMs, zone, zoneChosen }: TimeFacts): readonly Finding[] {
  const now = new Date(nowMs).toISOString().replace('T', ' ').slice(0, 16);
  const remedy = 'Set the clock: switch the time service on (timedatectl set-ntp true). In Docker the clock is that of the machine.';
  return [
    nowMs < plausibleFromMs
      ? problem(`the clock says ${now} UTC, which is long past`, remedy)
      : newestFileMs > nowMs + dayMs
        ? problem(`the clock says ${now} UTC, and files here were written later than that`, remedy)
        : nowMs > newestFileMs + plausibleForMs && newestFileMs > plausibleFromMs
          ? warning(`the clock says ${now} UTC, a year and more after anything was written here`, remedy)
          : ok(`${now} UTC`),
    zone === 'UTC' && !zoneChosen ? warning('no time zone is set, so that times in the log and on old pictures are UTC', 'If that is not yours, set it (timedatectl set-timezone Europe/London; in Docker the variable TZ).') : ok(`time zone ${zone}`),
  ];
}
