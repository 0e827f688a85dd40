import { readdirSync, readFileSync } from 'node:fs';

/** One process as /proc shows it (Linux only). */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  /** The session it was started in; survives the death of its parent, unlike `ppid`. */
  readonly session: number;
  /** The kernel's state letter: R, S, D, T, ...; dead ones that nobody waited for (Z) are never listed. */
  readonly state: string;
  readonly args: readonly string[];
  /** User and system time so far, its own only, in clock ticks (100 a second on every common Linux). */
  readonly cpuTicks: number;
  readonly rssBytes: number;
}

/** All living processes that come from `pid`, however deep; not itself. */
export function descendants(pid: number): ProcessFacts[] {
  const all = allProcesses();
  const found: ProcessFacts[] = [];
  let parents = new Set([pid]);
  while (parents.size > 0) {
    const generation = all.filter((candidate) => parents.has(candidate.ppid));
    found.push(...generation);
    parents = new Set(generation.map((child) => child.pid));
  }
  return found;
}

/** All living processes of a session, also those whose parent was killed and that now belong to init. */
export function sessionMembers(session: number): ProcessFacts[] {
  return allProcesses().filter((candidate) => candidate.session === session);
}

/** One process, or nothing once it has ended. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command name is in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0] ?? 'Z';
    if (state === 'Z' || state === 'X') {
      return undefined;
    }
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return {
      pid,
      ppid: Number(fields[1]),
      session: Number(fields[3]),
      state,
      args: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter((arg) => arg !== ''),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      rssBytes: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    };
  } catch {
    return undefined;
  }
}

/** Is this an FFmpeg, by the name of its program? */
export function isFfmpeg(candidate: ProcessFacts): boolean {
  return /(^|\/)ffmpeg[^/]*$/.test(candidate.args[0] ?? '');
}

function allProcesses(): ProcessFacts[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => processFacts(Number(name)))
    .filter((facts) => facts !== undefined);
}
