import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { configSchema, configSchemaText } from '../../../src/config/json-schema.js';
import { optionTexts } from '../../../src/config/option-text.js';
import { cameraSchema, platformSchema } from '../../../src/config/options.js';

/** What the tests read of a JSON schema. */
interface Shown {
  title?: string;
  description?: string;
  default?: unknown;
  oneOf?: { title: string; const: string }[];
  pattern?: string;
  properties?: Record<string, Shown>;
  required?: string[];
  items?: Shown;
}

const schema = configSchema().schema as Shown;
const shownCamera = schema.properties?.cameras?.items ?? {};

test('config.schema.json is the generated one: run "npm run schema" after changing an option', () => {
  expect(readFileSync('config.schema.json', 'utf8')).toBe(configSchemaText());
});

describe('npm run schema', () => {
  const script = join(process.cwd(), 'dist', 'scripts', 'schema.js');
  const run = (cwd: string, ...args: string[]) => spawnSync(process.execPath, [script, ...args], { cwd, encoding: 'utf8' });

  test('writes the file; --check tells whether it is up to date', () => {
    const folder = mkdtempSync(join(tmpdir(), 'schema-'));
    try {
      expect(run(folder, '--check')).toMatchObject({ status: 1, stderr: expect.stringContaining('npm run schema') });
      expect(run(folder)).toMatchObject({ status: 0 });
      expect(run(folder, '--check')).toMatchObject({ status: 0, stderr: '' });
      writeFileSync(join(folder, 'config.schema.json'), configSchemaText().replace('tcp', 'tpc'));
      expect(run(folder, '--check')).toMatchObject({ status: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const options = [
  ...Object.entries<z.ZodType>(platformSchema.shape).map(([name, option]) => ({ name, option, shown: schema.properties?.[name], key: name })),
  ...Object.entries<z.ZodType>(cameraSchema.shape).map(([name, option]) => ({ name: `cameras[].${name}`, option, shown: shownCamera.properties?.[name], key: `cameras[].${name}` })),
];

describe.each(options)('$name', ({ option, shown, key }) => {
  test('has its title, description and default on the settings page', () => {
    expect(shown).toMatchObject({ title: expect.stringMatching(/^\S.*\S$/), description: expect.stringMatching(/^[A-Z].+\.$/) });
    expect(shown).toMatchObject({ title: optionTexts.get(option)?.title });
    expect(shown?.default).toEqual(option.safeParse(undefined).data);
  });

  test('stands in the form once', () => {
    const places = JSON.stringify(configSchema().layout).split(JSON.stringify(key)).length - 1;
    expect(places).toBe(1);
  });

  test('carries nothing that only we understand', () => {
    expect(Object.keys(shown ?? {})).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(section|allowed|choices|enum|secret)$/)]));
  });
});

test('only name and source of a camera are in sight, and only they are required', () => {
  const [cameras] = configSchema().layout;
  const items = typeof cameras === 'object' ? cameras.items : [];
  expect(items.filter((item) => typeof item === 'string')).toEqual(['cameras[].name', 'cameras[].source']);
  expect(items.filter((item) => typeof item === 'object')).toEqual(
    ['Connection', 'Picture', 'Live view', 'Sound', 'Recording', 'Motion', 'Doorbell and sensors', 'MQTT', 'Identity and details', 'Advanced'].map((title) => expect.objectContaining({ title, expandable: true, expanded: false })),
  );
  expect(shownCamera.required).toEqual(['name', 'source']);
});

test('every choice has a name of its own', () => {
  expect(shownCamera.properties?.transport?.oneOf?.map((choice) => choice.const)).toEqual(['tcp', 'udp', 'http']);
  expect(shownCamera.properties?.rotate?.oneOf?.map((choice) => choice.const)).toEqual([0, 90, 180, 270]);
  expect(shownCamera.properties?.liveVideo?.oneOf?.map((choice) => choice.const)).toEqual(['auto', 'copy', 'transcode']);
});

describe('the settings page accepts what the plugin accepts', () => {
  // By a reader of JSON schema that shares nothing with the definitions.
  const page = z.fromJSONSchema(configSchema().schema);
  const door = { name: 'Front Door', source: 'rtsp://joe:hunter2@10.0.0.5/main' };
  test.each([
    ['the least', door, true],
    ['empty fields', { ...door, id: '', substream: '', model: '' }, true],
    ['blanks around the address', { ...door, source: ` ${door.source} ` }, true],
    ['capitals in the scheme', { ...door, source: 'RTSPS://10.0.0.5' }, true],
    ['no name', { source: door.source }, false],
    ['other schemes', { ...door, source: 'http://10.0.0.5/video', substream: 'SRT://10.0.0.5:9000' }, true],
    ['a USB camera', { ...door, source: 'usb: HD Pro Webcam C920' }, true],
    ['a test picture', { ...door, source: 'test:' }, true],
    ['a test picture of some size', { ...door, source: 'test:1920x1080/15' }, true],
    ['arguments of FFmpeg', { ...door, source: 'ffmpeg:["-f", "v4l2", "-i", "/dev/video0"]' }, true],
    ['a device without a name', { ...door, source: 'usb: ' }, false],
    ['an unknown scheme', { ...door, source: 'gopher://10.0.0.5' }, false],
    ['an unknown scheme of the second stream', { ...door, substream: 'gopher://10.0.0.5' }, false],
    ['a still picture by RTSP', { ...door, stillImage: 'rtsp://10.0.0.5/a.jpg' }, false],
    ['a turn by 45 degrees', { ...door, rotate: 45 }, false],
    ['too many views', { ...door, maxStreams: 9 }, false],
    ['an unknown choice', { ...door, transport: 'sctp' }, false],
    ['a topic with wildcards', { ...door, mqttMotionTopic: 'house/+/door/#' }, true],
    ['a # inside a topic', { ...door, mqttMotionTopic: 'house#/door' }, false],
    ['a + beside other letters', { ...door, mqttMotionTopic: 'house+/door' }, false],
    ['an id with a blank', { ...door, id: 'a b' }, false],
  ])('%s', (_, camera, accepted) => expect(page.safeParse({ name: 'Hub', cameras: [camera] }).success).toBe(accepted));

  test('patterns mean the same in the Unicode mode of newer validators', () => {
    const patterns = Object.values(shownCamera.properties ?? {}).flatMap(({ pattern }) => pattern ?? []);
    expect(patterns).toHaveLength(10);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
      expect(pattern).not.toContain('\\p');
    }
  });
});
