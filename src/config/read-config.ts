import type { z } from 'zod';
import { secretsInAddress } from '../media/source-secrets.js';
import { redact } from '../redact.js';
import { withLogins } from './camera-login.js';
import { closestName } from './closest-name.js';
import { allowedFor, optionTexts } from './option-text.js';
import { withoutEffect } from './without-effect.js';
import { cameraSchema, platformSchema, type CameraConfig, type PlatformConfig } from './options.js';

/** The whole configuration, with every default applied and every faulty camera left out. */
export type HubConfig = PlatformConfig & { readonly cameras: readonly CameraConfig[] };

/** One option that cannot be used. No field carries a secret. */
export interface ConfigFault {
  /** The camera's name; 'camera 3' where it has none; 'platform' for an option of the plugin itself. */
  readonly camera: string;
  readonly option: string;
  /** What stands there, as in the configuration file, shortened; 'missing' where nothing does. */
  readonly given: string;
  /** Plain words that complete "allowed is ...". */
  readonly allowed: string;
  /** The whole line for the log. */
  readonly message: string;
}

export interface ReadConfig {
  readonly hub: HubConfig;
  readonly faults: ConfigFault[];
  /** Lines for the log about what was ignored without harm. */
  readonly warnings: string[];
}

type RawOptions = Readonly<Record<string, unknown>>;

const longestGiven = 60;

/** A secret that stands where it cannot be used: only its kind may be told. */
class Hidden {
  readonly kind: string;

  constructor(given: unknown) {
    this.kind = typeof given === 'string' ? 'a text (not shown)' : typeof given === 'number' ? 'a number (not shown)' : show(given);
  }
}

const addresses = ['source', 'substream', 'stillImage', 'mqttUrl'];

const ownSchema = platformSchema.omit({ cameras: true });

/** What Homebridge itself puts into the block of a platform. */
const homebridgeOptions = ['platform', '_bridge'];

/** Reads the platform's block of Homebridge's config.json. Pure; never throws, whatever stands there. */
export function readConfig(raw: unknown): ReadConfig {
  const faults: ConfigFault[] = [];
  const warnings: string[] = [];

  const block = optionsIn(raw ?? {});
  if (!block) {
    faults.push(fault('platform', 'platform', raw, 'a group of options in { }', 'No camera is set up.'));
    return { hub: { ...ownOptions({}), cameras: [] }, faults, warnings };
  }
  warnings.push(...unknownOptions('platform', block, [...Object.keys(platformSchema.shape), ...homebridgeOptions]));

  const own = ownSchema.safeParse(block);
  faults.push(...invalidOptions('platform', ownSchema.shape, own.error, block, 'The default is used.'));
  const rawCameras = block.cameras ?? [];
  if (!Array.isArray(rawCameras)) {
    faults.push(fault('platform', 'cameras', rawCameras, allowedFor(platformSchema.shape.cameras), 'No camera is set up.'));
  }
  const cameras = Array.isArray(rawCameras) ? readCameras(rawCameras, faults, warnings) : [];
  const hub = { ...ownOptions(block), cameras };
  if (hub.httpPort !== undefined && hub.httpToken === undefined) {
    faults.push(fault('platform', 'httpToken', undefined, `${allowedFor(ownSchema.shape.httpToken)}, which "httpPort" needs`, 'The port stays closed.'));
    delete hub.httpPort;
  }
  warnings.push(...withoutEffect(hub));
  // The login of the options is part of the addresses from here on.
  return { hub: { ...hub, cameras: cameras.map(withLogins) }, faults, warnings };
}

/** Each option parsed by itself, so that a wrong one does not take the others along; it takes its default. */
function ownOptions(block: RawOptions): PlatformConfig {
  const valid = Object.entries<z.ZodType>(ownSchema.shape).filter(([name, schema]) => block[name] !== undefined && schema.safeParse(block[name]).success);
  return ownSchema.parse(Object.fromEntries(valid.map(([name]) => [name, block[name]])));
}

function readCameras(rawCameras: readonly unknown[], faults: ConfigFault[], warnings: string[]): CameraConfig[] {
  const cameras: CameraConfig[] = [];
  // Also cameras that are left out hold their name and id: otherwise correcting one would throw another one out, or hand it its identity.
  const holders = { name: new Map<string, number>(), id: new Map<string, number>() };

  rawCameras.forEach((raw, index) => {
    const label = cameraLabel(raw, index);
    const options = optionsIn(raw);
    if (!options) {
      faults.push(fault(label, `cameras[${index}]`, raw, 'a group of options in { }', leftOut));
      return;
    }
    warnings.push(...unknownOptions(label, options, Object.keys(cameraSchema.shape)));
    const parsed = cameraSchema.safeParse(options);
    const found = [...invalidOptions(label, cameraSchema.shape, parsed.error, options, leftOut), ...duplicates(label, index, options, holders)];
    faults.push(...found);
    if (found.length === 0 && parsed.success) {
      cameras.push(parsed.data);
    }
  });
  return cameras;
}

const leftOut = 'This camera is left out.';

/** One fault for each option that zod complains about, in the order in which the options are defined. */
function invalidOptions(label: string, schemas: Readonly<Record<string, z.ZodType>>, error: z.ZodError | undefined, given: RawOptions, consequence: string): ConfigFault[] {
  const invalid = new Set(error?.issues.map((issue) => issue.path[0]));
  return Object.entries(schemas)
    .filter(([name]) => invalid.has(name))
    .map(([name, schema]) => fault(label, name, optionTexts.get(schema)?.secret === true ? new Hidden(given[name]) : given[name], allowedFor(schema), consequence));
}

function duplicates(label: string, index: number, options: RawOptions, holders: Record<'name' | 'id', Map<string, number>>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const key of ['name', 'id'] as const) {
    const given = options[key];
    if (typeof given !== 'string') {
      continue;
    }
    const holder = holders[key].get(given.trim());
    if (holder === undefined) {
      holders[key].set(given.trim(), index);
    } else {
      const allowed = key === 'name' ? 'a name that no other camera has' : 'an identity that no other camera has';
      faults.push(fault(label, key, given, `${allowed} (camera ${holder + 1} has this one)`, leftOut));
    }
  }
  return faults;
}

function unknownOptions(label: string, options: RawOptions, known: readonly string[]): string[] {
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meant = closestName(name, known);
      return `${label}: option ${show(name)} does not exist and is ignored.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`;
    });
}

/** The options of a group without those that are left empty: the settings page writes "" for an empty field. */
function optionsIn(raw: unknown): RawOptions | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return undefined;
  }
  const given = Object.entries(raw).filter(([, value]) => value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === ''));
  return Object.fromEntries(given.map(([name, value]: [string, unknown]) => [name, optionsIn(value) ?? value]));
}

function cameraLabel(raw: unknown, index: number): string {
  const name = optionsIn(raw)?.name;
  if (typeof name !== 'string') {
    return `camera ${index + 1}`;
  }
  return shorten(redact(name.replace(/\p{C}+/gu, ' ').trim())) || `camera ${index + 1}`;
}

function fault(camera: string, option: string, given: unknown, allowed: string, consequence: string): ConfigFault {
  const shown = given instanceof Hidden ? given.kind : addresses.includes(option) ? showAddress(given) : show(given);
  return { camera, option, given: shown, allowed, message: `${camera}: option "${option}" is ${shown}, allowed is ${allowed}. ${consequence}` };
}

/** As in the configuration file, on one line and without secrets. Groups and lists are not shown: they may hold a password under any name. */
function show(given: unknown): string {
  if (typeof given === 'string') {
    return JSON.stringify(shorten(redact(given)));
  }
  if (typeof given === 'number' || typeof given === 'boolean') {
    return String(given);
  }
  if (given === undefined || given === null) {
    return 'missing';
  }
  return Array.isArray(given) ? '[...]' : '{...}';
}

/** Stricter than `show`: an address that is typed wrong may hide its password anywhere in front of the last @, and arguments of FFmpeg anywhere. */
function showAddress(given: unknown): string {
  return show(typeof given === 'string' ? redact(given, secretsInAddress(given)).replace(/^(\s*[a-z]{1,10}:\/\/)?.*@/is, '$1***@').replace(/^(\s*ffmpeg:).*$/is, '$1...') : given);
}

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length <= longestGiven ? text : `${characters.slice(0, longestGiven - 3).join('')}...`;
}
