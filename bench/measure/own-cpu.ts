/** Processor time of this process with all its threads, in microseconds: other processes in between do not count, the garbage collector does. */
export function ownCpuUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return sinceUs(before);
}

/** The same of work that takes its turns. */
export async function ownCpuUsOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  return sinceUs(before);
}

function sinceUs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
