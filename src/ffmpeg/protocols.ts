import { ask } from './abilities.js';

/** One name a line, indented, below 'Input:' and 'Output:'. */
const indentedName = /^ {2}(\w+)$/gm;

/** What the FFmpeg at `path` can read from, by its own names: 'rtmp', 'srt', 'https'. Empty where it does not say. */
export async function askProtocols(path: string): Promise<ReadonlySet<string>> {
  const { text } = await ask(path, '-protocols');
  const [inputs = ''] = text.split(/^Output:$/m);
  return new Set(Array.from(inputs.matchAll(indentedName), ([, name = '']) => name));
}
