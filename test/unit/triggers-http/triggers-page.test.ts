import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../src/config/read-config.js';
import { cameraMqttOptions, httpOptions, mqttOptions } from '../../../src/config/trigger-options.js';

const page = readFileSync('docs/triggers.md', 'utf8');
const blocks = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text = '']) => text.trim());

test.each(Object.keys({ ...httpOptions, ...mqttOptions, ...cameraMqttOptions }))('the page has the option "%s"', (option) => {
  expect(page).toMatch(new RegExp(`\\b${option}\\b`));
});

/** A whole block of the platform, or lines of a camera's block. */
function configured(text: string): unknown {
  if (!text.startsWith('{')) {
    const camera = { name: 'Gate', source: 'rtsp://10.0.0.5/1', doorbell: true, ...(JSON.parse(`{${text}}`) as object) };
    return { platform: 'CameraHub', mqttUrl: 'mqtt://10.0.0.6', cameras: [camera] };
  }
  return JSON.parse(text);
}

describe('what the page says to write into the configuration is taken as it stands', () => {
  test.each(blocks.filter((text) => !text.startsWith('{"ok"')))('block %#', (text) => {
    const { hub, faults, warnings } = readConfig(configured(text));
    expect([...faults, ...warnings]).toEqual([]);
    expect(hub.cameras).toHaveLength(1);
  });
});
