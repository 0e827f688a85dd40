import { expect, test } from '@jest/globals';
import { configFacts } from '../../../src/cli/doctor/config-facts.js';

const block = { platform: 'CameraHub', cameras: [{ name: 'Gate', source: 'test:' }] };
const facts = (content: unknown): ReturnType<typeof configFacts> => configFacts(JSON.stringify(content));

test('broken JSON is told by its place, and nothing of it', () => {
  expect(configFacts('{\n  "password": "s3cr3t"\n  "x": 1\n}')).toEqual({ kind: 'broken', fault: { kind: 'place', line: 3, column: 3 } });
  expect(configFacts('{ "password": "s3cr3t"')).toEqual({ kind: 'broken', fault: { kind: 'end' } });
  expect(configFacts('')).toEqual({ kind: 'broken', fault: { kind: 'end' } });
});

test('the block of the plugin is found by its name, with and without the name of the package', () => {
  for (const platform of ['CameraHub', 'homebridge-camera-hub.CameraHub']) {
    expect(facts({ platforms: [{ platform: 'config' }, { ...block, platform }] })).toMatchObject({ kind: 'read', blocks: 1, read: { hub: { cameras: [{ name: 'Gate' }] } } });
  }
  expect(facts({ platforms: [block, block] })).toMatchObject({ blocks: 2 });
  expect(facts({ platforms: [] })).toMatchObject({ blocks: 0, read: undefined });
});

test('whatever stands there is survived', () => {
  for (const content of [null, 1, [], { platforms: {} }, { platforms: [null, 1, {}] }, { bridge: 1, plugins: 'x', disabledPlugins: 2 }]) {
    expect(facts(content)).toMatchObject({ kind: 'read', blocks: 0, disabled: false, bridgePorts: [] });
  }
});

test('a child bridge, ports, and a plugin that is switched off', () => {
  expect(facts({ bridge: { port: 51_826 }, platforms: [{ ...block, _bridge: { username: 'x', port: 40_000 } }] })).toMatchObject({
    childBridge: true,
    bridgePorts: [{ bridge: 'Homebridge', port: 51_826 }, { bridge: 'child bridge', port: 40_000 }],
  });
  expect(facts({ disabledPlugins: ['homebridge-camera-hub'], platforms: [block] })).toMatchObject({ disabled: true });
  expect(facts({ plugins: ['homebridge-other'], platforms: [block] })).toMatchObject({ disabled: true });
  expect(facts({ plugins: ['homebridge-camera-hub'], platforms: [block] })).toMatchObject({ disabled: false });
});
