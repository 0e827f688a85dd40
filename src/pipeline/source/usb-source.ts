import { Problem } from '../../problems.js';
import type { OpenedSource, SourceTools } from './opened-source.js';

/** Finds a capture device of this machine. */
export async function openUsbSource(device: string, _tools: SourceTools): Promise<OpenedSource> {
  return Promise.reject(new Problem('camera-unreachable', device));
}
