import type { OpenedSource, SourceTools } from './opened-source.js';

/** Asks what is sent at an address of HTTP. */
export async function openHttpSource(url: string, _tools: SourceTools): Promise<OpenedSource> {
  return Promise.resolve({ input: { kind: 'http', url, content: 'stream' } });
}
