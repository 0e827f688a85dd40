import { expect, test } from '@jest/globals';
import { isSilent } from '../../../src/pipeline/sound/loudness.js';

test.each([
  [{ muted: false, volume: 100 }, false],
  [{ muted: false, volume: 1 }, false],
  [{ muted: false, volume: 0 }, true],
  [{ muted: true, volume: 100 }, true],
])('%j', (loudness, silent) => {
  expect(isSilent(loudness)).toBe(silent);
});
