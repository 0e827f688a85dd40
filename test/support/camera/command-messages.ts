import { z } from 'zod';
import { soundNames } from './sound-formats.js';

const stream = z.enum(['main', 'sub']);

/** What can be asked of a camera that runs as a process of its own: one JSON object per line on its stdin. */
export const cameraCommand = z.discriminatedUnion('do', [
  z.object({ do: z.literal('statistics') }),
  z.object({ do: z.literal('cpuMs') }),
  z.object({ do: z.literal('sentAt'), counter: z.number(), stream }),
  z.object({ do: z.literal('counterNow'), stream }),
  z.object({ do: z.literal('show'), scene: z.enum(['still', 'walker']) }),
  z.object({ do: z.literal('freeze') }),
  z.object({ do: z.literal('thaw') }),
  z.object({ do: z.literal('dropConnections') }),
  z.object({ do: z.literal('stop') }),
  z.object({ do: z.literal('start') }),
  z.object({ do: z.literal('answerWith'), status: z.literal([401, 404, 453, 503]).optional() }),
  z.object({ do: z.literal('sendGarbage'), kind: z.enum(['payloads', 'bytes']).optional(), durationMs: z.number().optional() }),
  z.object({ do: z.literal('loseEvery'), nth: z.number() }),
  z.object({ do: z.literal('muteMicrophone') }),
  z.object({ do: z.literal('unmuteMicrophone') }),
  z.object({ do: z.literal('changeMicrophone'), audio: z.enum(['none', ...soundNames]), stream }),
  z.object({ do: z.literal('setClock'), offsetMs: z.number() }),
  z.object({ do: z.literal('setPassword'), password: z.string() }),
]);

export type CameraCommand = z.infer<typeof cameraCommand>;

/** The first line on stdout. */
export interface ReadyLine {
  readonly port: number;
  readonly urls: Readonly<Record<string, string>>;
}

/** Every further line answers one command, in order. */
export type AnswerLine = { readonly result: unknown } | { readonly error: string };

/** Milliseconds to add to `performance.now()` to get the machine's monotonic clock, which all processes share. */
export function monotonicOffsetMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
