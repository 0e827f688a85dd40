import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sessionMembers } from './homebridge/process-tree.js';
import { ffmpegPath } from './house.js';

/** What is started by `npx homebridge-camera-hub`. */
const commandLineFile = join(process.cwd(), 'dist', 'src', 'cli', 'bin.js');

export interface CommandLineEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The result. */
  readonly out: string;
  /** What was being done, and what went wrong. */
  readonly error: string;
}

/** A command that hangs is killed after this, with all that it has started: then it has no exit code. */
const longestMs = 50_000;

/** A command that runs, a process of its own. */
export interface RunningCommand {
  readonly pid: number;
  readonly ended: Promise<CommandLineEnd>;
  /** What it has written to standard error so far. */
  readonly error: () => string;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** Leads a session of its own, by which what outlives it is found. @param env on top of this process's own */
export function startCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCommand {
  const child = spawn(process.execPath, [commandLineFile, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, NODE_OPTIONS: '', ...env } });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
  const limit = setTimeout(() => sessionMembers(child.pid ?? 0).forEach(({ pid }) => process.kill(pid, 'SIGKILL')), longestMs);
  const ended = once(child, 'close').then(() => {
    clearTimeout(limit);
    return { code: child.exitCode, signal: child.signalCode, out, error };
  });
  return { pid: child.pid ?? 0, ended, error: () => error, kill: (signal) => child.kill(signal) };
}

export function runCommand(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandLineEnd> {
  return startCommand(args, env).ended;
}

/** `probe` with the FFmpeg of this test run. */
export function probe(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CommandLineEnd> {
  return runCommand(['probe', ...args, '--ffmpeg', ffmpegPath], env);
}

/** What is measured, and so differs from run to run, in `probe`'s text; and the ports of simulated cameras. */
const measuredTexts: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1:\d+/g, '127.0.0.1:<port>'],
  // With what was declared, where that is far from what was measured: as on a machine that is too busy for its test picture.
  [/^( {2}Rate +)[\d.]+( pictures a second).*/gm, '$1<measured>$2'],
  [/^( {2}Bitrate +)\d+( kbit\/s)/gm, '$1<measured>$2'],
  [/^( {2}First picture +after )[\d.]+ s/gm, '$1<measured> s'],
  [/(camera\s+sends\s+|freeze\s+at\s+)\d+/g, '$1<measured>'],
];

export function withoutMeasures(text: string): string {
  return measuredTexts.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

/** The same in JSON: by the names of fields, and wherever such a figure stands in a text. */
const measuredFields: readonly string[] = ['firstPictureMs', 'fps', 'bitrateKbps', 'keyframeIntervalMs'];

export function jsonWithoutMeasures(text: string): string {
  const replaced = JSON.parse(text, (key, value: unknown) => (measuredFields.includes(key) && typeof value === 'number' ? '<measured>' : typeof value === 'string' ? withoutMeasures(value) : value)) as unknown;
  return JSON.stringify(replaced, undefined, 2);
}
