import { secretsInAddress, secretsInArguments } from '../media/source-secrets.js';
import type { IngestInput } from './input-arguments.js';

/** What FFmpeg must not be quoted with while it reads this input, besides what is known by its looks (`redact`). */
export function inputSecrets(input: IngestInput): string[] {
  switch (input.kind) {
    case 'rtsp':
    case 'rtmp':
    case 'srt':
    case 'http':
      return secretsInAddress(input.url);
    case 'arguments':
      return secretsInArguments(input.arguments);
    default:
      return [];
  }
}
