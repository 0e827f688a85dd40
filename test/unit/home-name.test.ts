import { createRequire } from 'node:module';
import { afterEach, expect, jest, test } from '@jest/globals';
import type { HAP } from 'homebridge';
import { nameForHome } from '../../src/homekit/home-name.js';
import { installedHomebridge } from '../support/homebridge/homebridge.js';

const { Accessory, uuid } = createRequire(installedHomebridge('homebridge') ?? '')('@homebridge/hap-nodejs') as HAP;

afterEach(() => {
  jest.restoreAllMocks();
});

test.each([
  ['Front Door', 'Front Door'],
  ['Front (Main)', 'Front Main'],
  ['Gate (north) 2', 'Gate (north) 2'],
  ['🚪 Door 🚪', 'Door'],
  ['Tür & Hof', 'Tür & Hof'],
  ['Kid\'s Room!', 'Kid\'s Room'],
  ['_cam-1_', 'cam-1'],
  ['Cam#1', 'Cam 1'],
  ['玄関', '玄関'],
  ['🚪', 'Camera'],
  ['A', 'Camera A'],
  ['7!', 'Camera 7'],
  ['玄', 'Camera 玄'],
  ['𠮷', 'Camera 𠮷'],
])('%s is called %s in Home', (name, home) => {
  expect(nameForHome(name)).toBe(home);
});

test.each(['A', '7', '玄', '🚪', '(B)', 'Front (Main)', '_cam-1_', 'Kid’s’', 'a\tb', '𠮷!'])('hap-nodejs has nothing against what becomes of %j', (name) => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  expect(new Accessory(nameForHome(name), uuid.generate(name)).displayName).toBe(nameForHome(name));
  expect(warn).not.toHaveBeenCalled();
});
