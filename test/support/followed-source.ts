import { parseCameraSource, type RtspTransport } from '../../src/media/camera-source.js';
import { follow, type Followed } from './followed-stream.js';
import { streamOf, type SourceStream } from './opened-stream.js';

/** The plugin's stream of any source, with its sound, leased by a viewer who waits. */
export interface FollowedSource extends SourceStream, Followed {
  /** Each line that its FFmpegs printed. */
  readonly lines: readonly string[];
}

/** `text`: as in the option "source". */
export function followSource(text: string, transport: RtspTransport = 'tcp'): FollowedSource {
  const lines: string[] = [];
  const opened = streamOf(parseCameraSource(text, transport), { sound: true, owner: { camera: 'Followed', onLine: (line) => lines.push(line) } });
  const followed = follow(opened.stream, () => [...opened.problems.map(({ message }) => message), ...lines]);
  opened.stream.lease({ holder: 'test', waitedFor: true });
  return { ...opened, ...followed, lines };
}
