import { describe, test } from '@jest/globals';
import { parameterSetCorpus } from '../support/corpus/corpus.js';
import { expectOutcome } from '../support/corpus/expect-outcome.js';

describe('a camera ends in a picture or in a named problem, however it tells how its picture is encoded', () => {
  test.concurrent.each(parameterSetCorpus.map((stream) => [stream.name, stream] as const))('%s', (_name, stream) => expectOutcome(stream), 120_000);
});
