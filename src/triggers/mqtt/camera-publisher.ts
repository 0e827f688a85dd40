import type { CameraEvent } from '../../events/camera-events.js';
import type { ReportedCamera } from '../camera-reports.js';
import type { Publisher } from './broker.js';
import type { CameraTopics } from './topics.js';

/** As Home Assistant's event entities take it, without a template. It will accept no other word of a doorbell from its release 2027.4 on. */
export const press = { eventType: 'ring', payload: JSON.stringify({ event_type: 'ring' }) } as const;

/** Publishes what happens with one camera, as it happens. */
export class CameraPublisher implements Disposable {
  readonly #camera: ReportedCamera;
  readonly #topics: CameraTopics;
  readonly #publisher: Publisher;
  readonly #listening: readonly Disposable[];

  constructor(camera: ReportedCamera, topics: CameraTopics, publisher: Publisher) {
    this.#camera = camera;
    this.#topics = topics;
    this.#publisher = publisher;
    this.#listening = [camera.events.listen((event) => this.#tell(event)), camera.onStateChange(() => this.#publishState())];
  }

  /** Everything as it is now. */
  publish(): void {
    this.#publishMotion();
    this.#publishState();
    this.publishCost();
  }

  publishCost(): void {
    this.#publisher.keep(this.#topics.cost, () => JSON.stringify(this.#camera.cost()));
  }

  [Symbol.dispose](): void {
    for (const each of this.#listening) {
      each[Symbol.dispose]();
    }
  }

  #tell(event: CameraEvent): void {
    if (event.kind === 'doorbell') {
      this.#publisher.send(this.#topics.doorbell, press.payload);
    } else {
      this.#publishMotion();
    }
  }

  #publishMotion(): void {
    this.#publisher.keep(this.#topics.motion, () => onOff(this.#camera.events.moving));
  }

  #publishState(): void {
    this.#publisher.keep(this.#topics.online, () => onOff(this.#camera.state().online));
    this.#publisher.keep(this.#topics.recording, () => onOff(this.#camera.state().recording));
    this.#publisher.keep(this.#topics.problem, () => onOff(this.#camera.state().problems.length > 0));
    this.#publisher.keep(this.#topics.problems, () => JSON.stringify(this.#camera.state().problems));
  }
}

function onOff(on: boolean): 'ON' | 'OFF' {
  return on ? 'ON' : 'OFF';
}
