import type { ConfigFacts } from '../config-facts.js';
import { check } from '../check.js';
import type { JsonFault } from '../json-fault.js';
import { ok, problem, warning, type Finding } from '../finding.js';

export interface SettingsFacts {
  readonly file: string;
  readonly config: ConfigFacts;
}

export const settingsCheck = check({
  title: 'Settings',
  doing: 'Reading the settings',
  gather: ({ storage, config }) => Promise.resolve({ file: storage.configFile, config }),
  judge: judgeSettings,
});

export function judgeSettings({ file, config }: SettingsFacts): readonly Finding[] {
  switch (config.kind) {
    case 'missing':
      return [problem(`there is no ${file}`, 'Say where Homebridge keeps its settings: doctor -U <folder>. The settings page shows the folder under "System Information". Or start Homebridge once, which makes the file.')];
    case 'unreadable':
      return [problem(`${file} cannot be read (${config.because})`, 'Run this as the user that Homebridge runs as, or as root.')];
    case 'broken':
      return [problem(`${file} is not valid JSON: ${faultText(config.fault)}`, config.fault.kind === 'mark' ? 'Save it as UTF-8 without that mark ("BOM").' : 'Look for a missing or superfluous comma, quote or bracket, or a comment. The JSON editor of the settings page marks it.')];
    case 'read':
      return [...judgeFile(file, config), ...(config.read ? judgeOptions(config.read) : [])];
  }
}

function faultText(fault: JsonFault): string {
  switch (fault.kind) {
    case 'end':
      return 'it ends too early';
    case 'mark':
      return 'it begins with a byte order mark, which Homebridge does not read';
    case 'place':
      return `something is wrong at line ${fault.line}, column ${fault.column}, or just before`;
  }
}

function judgeFile(file: string, { blocks, read, disabled, childBridge }: Extract<ConfigFacts, { kind: 'read' }>): readonly Finding[] {
  if (!read) {
    return [problem(`${file} has no block "platform": "CameraHub" under "platforms"`, 'Open the settings of this plugin in the settings page and save them, or add the block by hand as the README shows.')];
  }
  const { cameras } = read.hub;
  const how = childBridge ? ', in a child bridge' : '';
  return [
    cameras.length === 0 ? warning(`${file}, but no camera that can be used`, 'Add one: a name and a source are enough. "probe <source>" prints what to paste.') : ok(`${file}, ${cameras.length === 1 ? 'one camera' : `${cameras.length} cameras`}${how}`),
    ...(blocks > 1 ? [warning(`there are ${blocks} blocks "platform": "CameraHub"; this looks at the first`, 'Put all cameras into one block.')] : []),
    ...(disabled ? [problem('the plugin is switched off in Homebridge ("plugins" or "disabledPlugins")', 'Switch it on under "Plugins" in the settings page.')] : []),
  ];
}

function judgeOptions({ faults, warnings }: NonNullable<Extract<ConfigFacts, { kind: 'read' }>['read']>): readonly Finding[] {
  return [...faults.map(({ message }) => problem(message)), ...warnings.map((line) => warning(line))];
}
