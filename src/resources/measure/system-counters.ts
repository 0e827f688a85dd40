import { platform } from 'node:os';
import { pidusageCounters } from './pidusage-counters.js';
import type { ProcessCounterSource } from './process-counters.js';
import { procCounters } from './proc-counters.js';

/**
 * How processes are measured here. pidusage starts `ps` or, on Windows, `wmic` or a PowerShell for each reading; the latter takes a good part
 * of a second of processor time.
 */
const sources: Partial<Record<NodeJS.Platform, () => ProcessCounterSource>> = {
  linux: procCounters,
  android: procCounters,
  win32: () => pidusageCounters({ leastIntervalMs: 60_000 }),
};

export function countersOfSystem(): ProcessCounterSource {
  return (sources[platform()] ?? (() => pidusageCounters({ leastIntervalMs: 10_000 })))();
}
