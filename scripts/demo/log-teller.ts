import { CameraNewsReader, type CameraNews } from './camera-news.js';
import type { DemoHomebridge } from './demo-homebridge.js';
import type { Screen } from './screen.js';

/** Follows Homebridge's log: tells live views and problems as they come, and keeps the news for the status. */
export class LogTeller {
  readonly #screen: Screen;
  readonly #reader: CameraNewsReader;
  #lines = 0;
  #warnings = 0;

  constructor(screen: Screen, camera: string) {
    this.#screen = screen;
    this.#reader = new CameraNewsReader(camera);
  }

  get news(): CameraNews {
    return this.#reader;
  }

  follow(homebridge: DemoHomebridge, signal: AbortSignal): void {
    const tell = (): void => {
      // Once everything is being ended, lost connections are no problems.
      if (!signal.aborted) {
        this.#tellNew(homebridge);
      }
    };
    homebridge.onOutput(tell);
    tell();
  }

  #tellNew({ lines, warnings }: DemoHomebridge): void {
    for (const line of lines.slice(this.#lines)) {
      const event = this.#reader.read(line);
      if (event !== undefined) {
        this.#screen.say(this.#screen.paint('cyan', capitalised(event)));
      }
    }
    for (const line of warnings.slice(this.#warnings)) {
      this.#screen.say(this.#screen.paint('yellow', line.replace(/^\[Camera Hub\] /, '')));
    }
    this.#lines = lines.length;
    this.#warnings = warnings.length;
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
