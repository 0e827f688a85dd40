import { describe, test } from '@jest/globals';
import { pictureCorpus } from '../support/corpus/corpus.js';
import { expectOutcome } from '../support/corpus/expect-outcome.js';

describe('a camera ends in a picture or in a named problem, whatever its pictures are like', () => {
  test.concurrent.each(pictureCorpus.map((stream) => [stream.name, stream] as const))('%s', (_name, stream) => expectOutcome(stream), 120_000);
});
