import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { diskSpace } from '../../../src/resources/measure/disk-space.js';

test('the disk of a folder tells what is free; a folder that is not there is passed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-disk-'));
  try {
    const { freeBytes = NaN, totalBytes = NaN } = (await diskSpace([folder, join(folder, 'recordings')])) ?? {};
    expect(totalBytes).toBeGreaterThan(1_000_000);
    expect(freeBytes).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThanOrEqual(totalBytes);
    expect(await diskSpace([join(folder, 'recordings')])).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
