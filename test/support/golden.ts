import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

/** Set to 1, and golden files are written instead of being compared: look at the difference before you commit it. */
const updateVariable = 'CAMERA_HUB_UPDATE_GOLDEN';

/** Compares a text with the file of this name in test/integration/cli/golden. */
export function expectGolden(name: string, text: string): void {
  const file = join(process.cwd(), 'test', 'integration', 'cli', 'golden', name);
  const whole = `${text.trimEnd()}\n`;
  if (process.env[updateVariable] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, whole);
  }
  expect(whole).toBe(readFileSync(file, 'utf8'));
}
