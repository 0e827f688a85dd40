import { problemTable, type Problem, type ProblemCode } from '../../problems.js';

/** A problem for programs; docs/command-line.md describes it. */
export interface ProblemJson {
  readonly code: ProblemCode;
  readonly message: string;
  readonly remedy: string;
}

export function problemJson({ code, message }: Problem): ProblemJson {
  return { code, message, remedy: problemTable[code].remedy };
}
