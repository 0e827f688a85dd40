/** `npm run bench`: runs the scenarios that are named, or all of them, and prints what came out. See bench/README.md. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { provideFfmpeg } from '../scripts/provide-ffmpeg.js';
import { readArguments } from './arguments.js';
import { machineFacts, noiseWarning } from './machine.js';
import { reached, type Bench, type Row, type Scenario } from './scenario.js';
import { bitrate } from './scenarios/bitrate.js';
import { brokenStreams } from './scenarios/broken-streams.js';
import { cameras } from './scenarios/cameras.js';
import { framePool } from './scenarios/frame-pool.js';
import { fullHouse } from './scenarios/full-house.js';
import { idle } from './scenarios/idle.js';
import { ingestEncode } from './scenarios/ingest-encode.js';
import { latency } from './scenarios/latency.js';
import { memory } from './scenarios/memory.js';
import { motion } from './scenarios/motion.js';
import { motionDetection } from './scenarios/motion-detection.js';
import { packets } from './scenarios/packets.js';
import { perConsumer } from './scenarios/per-consumer.js';
import { recordingArmed } from './scenarios/recording-armed.js';
import { recordingConverted } from './scenarios/recording-converted.js';
import { recordingCost } from './scenarios/recording-cost.js';
import { recordingMemory } from './scenarios/recording-memory.js';
import { recording } from './scenarios/recording.js';
import { sharedDecoder } from './scenarios/shared-decoder.js';
import { snapshot } from './scenarios/snapshot.js';
import { sound } from './scenarios/sound.js';
import { start } from './scenarios/start.js';
import { transcodedStart } from './scenarios/transcoded-start.js';
import { viewers } from './scenarios/viewers.js';
import { machineLines, table } from './table.js';

const scenarios: readonly Scenario[] = [
  snapshot, start, sound, idle, viewers, packets, memory, cameras,
  recording, recordingCost, recordingArmed, recordingConverted, recordingMemory,
  transcodedStart, sharedDecoder, bitrate, framePool, latency,
  motion, motionDetection,
  ingestEncode,
  fullHouse, perConsumer,
  brokenStreams,
];

interface Outcome {
  readonly scenario: string;
  readonly rows: readonly Row[];
  readonly error?: string;
}

async function runScenario(scenario: Scenario, bench: Bench): Promise<Outcome> {
  if (scenario.linuxOnly && process.platform !== 'linux') {
    return { scenario: scenario.name, rows: [], error: 'needs Linux: it reads /proc' };
  }
  try {
    return { scenario: scenario.name, rows: await scenario.run(bench) };
  } catch (error) {
    bench.signal.throwIfAborted();
    return { scenario: scenario.name, rows: [], error: error instanceof Error ? error.message : String(error) };
  }
}

async function main(): Promise<void> {
  const { names, quick, jsonFile, profileFolder } = readArguments(
    process.argv.slice(2),
    scenarios.map(({ name }) => name),
  );
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stop.abort(new Error(`Ended by ${signal}.`)));
  }
  const ffmpeg = await provideFfmpeg();
  const machine = await machineFacts(ffmpeg, stop.signal);
  console.log(machineLines(machine));
  const warning = noiseWarning(machine);
  if (warning !== undefined) {
    console.log(`WARNING  ${warning}`);
  }
  if (profileFolder !== undefined) {
    console.log('WARNING  Profiling makes each Homebridge several times dearer: its processor times are not to be quoted.');
  }
  const bench: Bench = {
    ffmpeg,
    quick,
    signal: stop.signal,
    profileFolder: profileFolder === undefined ? undefined : resolve(profileFolder),
    say: (text) => console.log(`  ${text}`),
  };
  const outcomes: Outcome[] = [];
  for (const scenario of scenarios.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n${scenario.name}: ${scenario.title}${quick ? ' (quick: not to be quoted)' : ''}`);
    const outcome = await runScenario(scenario, bench);
    outcomes.push(outcome);
    console.log(outcome.error === undefined ? table(outcome.rows) : `  NOT MEASURED: ${outcome.error}`);
    if (jsonFile !== undefined) {
      // After each scenario: what was measured stays, also where a later one is interrupted.
      writeFileSync(jsonFile, `${JSON.stringify({ machine, quick, warning, outcomes }, undefined, 2)}\n`);
    }
  }
  summarise(outcomes);
}

function summarise(outcomes: readonly Outcome[]): void {
  const answers = outcomes.flatMap(({ rows }) => rows.map(reached)).filter((answer) => answer !== undefined);
  const failed = outcomes.filter(({ error }) => error !== undefined);
  console.log(`\n${answers.filter(Boolean).length} of ${answers.length} asked values reached${failed.length > 0 ? `, not measured: ${failed.map(({ scenario }) => scenario).join(', ')}` : ''}.`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
