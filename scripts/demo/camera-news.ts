/** What the plugin's log tells about one camera whose option `debug` is on. */
export interface CameraNews {
  /** What each stream sends: 'H.264 1920x1080'. A stream that is not connected yet is missing. */
  readonly formats: ReadonlyMap<string, string>;
  readonly liveViews: number;
  /** Answered searches for a picture; those who ask at the same time share one. */
  readonly snapshots: number;
}

/** Reads the log of one camera line by line. Pure; the lines are those of `Camera.note()` and of the log without `debug`. */
export class CameraNewsReader implements CameraNews {
  readonly formats = new Map<string, string>();
  liveViews = 0;
  snapshots = 0;
  readonly #camera: string;

  constructor(camera: string) {
    this.#camera = `${camera}: `;
  }

  /** Takes a line of Homebridge's log; returns what is worth telling as it happens: how live views come and go. */
  read(line: string): string | undefined {
    const start = line.indexOf(this.#camera);
    if (start < 0) {
      return undefined;
    }
    const text = line.slice(start + this.#camera.length);
    const [, stream, codec, size] = /^(?:connected, )?(\w+) stream sends (\S+) .*?, (\d+x\d+)/.exec(text) ?? [];
    if (stream !== undefined) {
      this.formats.set(stream, `${codec ?? ''} ${size ?? ''}`);
      return undefined;
    }
    if (/^snapshot \d+x\d+/.test(text)) {
      this.snapshots += 1;
      return undefined;
    }
    const [, what] = /^live view for \S+ (\(|ended |is given up)/.exec(text) ?? [];
    if (what === '(') {
      this.liveViews += 1;
    } else if (what === 'ended ') {
      this.liveViews -= 1;
    }
    return what !== undefined || /^\w+ stream, (copied|transcoded): /.test(text) ? text : undefined;
  }
}
