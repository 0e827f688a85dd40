import { expect, test } from '@jest/globals';
import { nameForHome } from '../../src/homekit/home-name.js';

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
])('%s is called %s in Home', (name, home) => {
  expect(nameForHome(name)).toBe(home);
});
