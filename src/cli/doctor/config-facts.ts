import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readConfig, type ReadConfig } from '../../config/read-config.js';
import { parseJson, systemError } from '../../kept-file.js';
import { platformName, pluginName } from '../../settings.js';
import { jsonFault, type JsonFault } from './json-fault.js';

/** What Homebridge's config.json says. */
export type ConfigFacts =
  | { readonly kind: 'missing' }
  /** `because` in the system's words. */
  | { readonly kind: 'unreadable'; readonly because: string }
  | { readonly kind: 'broken'; readonly fault: JsonFault }
  | ({ readonly kind: 'read' } & HomebridgeSettings);

export interface HomebridgeSettings {
  /** Blocks of this plugin under "platforms". */
  readonly blocks: number;
  /** What the first of them says; undefined where there is none. */
  readonly read: ReadConfig | undefined;
  /** It is switched off in Homebridge's settings. */
  readonly disabled: boolean;
  /** Ports that are set, of Homebridge itself and of the child bridge that the plugin runs in. */
  readonly bridgePorts: readonly BridgePort[];
  readonly childBridge: boolean;
}

export interface BridgePort {
  readonly bridge: 'Homebridge' | 'child bridge';
  readonly port: number;
}

const port = z.int().min(1).max(65_535).optional().catch(undefined);
const bridge = z.looseObject({ port }).optional().catch(undefined);
const names = z.array(z.unknown()).optional().catch(undefined);

/** Only what is looked at here; what is otherwise than expected counts as absent. */
const fileSchema = z.looseObject({
  bridge,
  platforms: z.array(z.unknown()).optional().catch(undefined),
  plugins: names,
  disabledPlugins: names,
});
const blockSchema = z.looseObject({ platform: z.literal([platformName, `${pluginName}.${platformName}`]), _bridge: bridge });

export async function readConfigFile(file: string): Promise<ConfigFacts> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = systemError(error);
    return code === 'ENOENT' ? { kind: 'missing' } : { kind: 'unreadable', because: message };
  }
  return configFacts(text);
}

/** @param text of the file. Pure. */
export function configFacts(text: string): ConfigFacts {
  const fault = jsonFault(text);
  if (fault) {
    return { kind: 'broken', fault };
  }
  const content = parseJson(text);
  const { bridge: own, platforms = [], plugins, disabledPlugins = [] } = fileSchema.safeParse(content).data ?? {};
  const blocks = platforms.filter((block) => blockSchema.safeParse(block).success);
  const first = blockSchema.safeParse(blocks[0]).data;
  const childBridge = first?._bridge !== undefined;
  return {
    kind: 'read',
    blocks: blocks.length,
    read: first && readConfig(first),
    disabled: disabledPlugins.includes(pluginName) || (plugins !== undefined && !plugins.includes(pluginName)),
    childBridge,
    bridgePorts: [...portOf('Homebridge', own?.port), ...portOf('child bridge', first?._bridge?.port)],
  };
}

function portOf(name: BridgePort['bridge'], number: number | undefined): BridgePort[] {
  return number === undefined ? [] : [{ bridge: name, port: number }];
}
