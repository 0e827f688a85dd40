import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import type { HAP } from 'homebridge';
import { accessoryUuid } from '../../../src/cli/doctor/accessory-uuid.js';
import { pluginName } from '../../../src/settings.js';
import { installedHomebridge } from '../../support/homebridge/homebridge.js';

const { uuid } = createRequire(installedHomebridge('homebridge') ?? '')('@homebridge/hap-nodejs') as HAP;

test('a camera is known by the same UUID as in Homebridge', () => {
  for (let number = 0; number < 200; number++) {
    expect(accessoryUuid(`camera-${number}`)).toBe(uuid.generate(`${pluginName}:camera-${number}`));
  }
});
