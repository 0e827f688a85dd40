import { FormatError } from '../media/format-error.js';
import { Problem, type ProblemCode } from '../problems.js';

/** Reads, and tells what is not as it should be written, as a problem with this code. */
export function tellFormatError(code: ProblemCode, onProblem: (problem: Problem) => void, read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof FormatError)) {
      throw error;
    }
    onProblem(new Problem(code, error.message, { cause: error }));
  }
}
