import type { PlatformConfig } from '../../config/options.js';
import type { CameraEvents } from '../../events/camera-events.js';
import type { Timers } from '../../timers.js';
import type { Log, ProblemLog } from '../../problem-log.js';
import { Problem } from '../../problems.js';
import type { ReportedCamera } from '../camera-reports.js';
import { followFrigate, readFrigate, usualFrigateTopic } from './frigate.js';
import { HeldMotion } from './held-motion.js';
import { rulesOf, signsIn, type MessageRule, type Sign } from './message-rules.js';
import { Message } from './message.js';
import { topicMatches } from './topic-filter.js';

/** In bytes. Frigate's events have some kilobytes. */
const largestMessage = 256 * 1024;

/** Motion that is to last until a message ends it: that one may be lost, and a hub must not record for ever. */
const longestWithoutEndMs = 10 * 60_000;

interface TriggeredCamera {
  readonly camera: ReportedCamera;
  readonly rules: readonly MessageRule[];
  readonly motion: HeldMotion;
  readonly motionForMs: number;
}

const act: Readonly<Record<Sign, (events: CameraEvents, motion: HeldMotion, motionForMs: number) => void>> = {
  motion: (_, motion, motionForMs) => motion.moves('topic', motionForMs),
  motionEnd: (_, motion) => motion.ended('topic'),
  doorbell: (events) => void events.ring('mqtt'),
};

export interface CameraTriggersOptions {
  readonly config: Pick<PlatformConfig, 'frigateTopic'>;
  readonly cameras: readonly ReportedCamera[];
  /** Topics that are published here: whoever follows # is not to hear himself. */
  readonly own: ReadonlySet<string>;
  readonly log: Log;
  readonly problems: ProblemLog;
  readonly timers: Timers;
}

/** What comes over MQTT, as motion and doorbell of the cameras that it is about. */
export class CameraTriggers implements Disposable {
  readonly #options: CameraTriggersOptions;
  readonly #cameras: readonly TriggeredCamera[];
  readonly #frigateTopic: string;
  readonly #told = new Set<string>();
  /** What is to be subscribed, each topic once. */
  readonly filters: readonly string[];

  constructor(options: CameraTriggersOptions) {
    this.#options = options;
    this.#cameras = options.cameras.map((camera) => ({
      camera,
      rules: rulesOf(camera.config),
      motion: new HeldMotion(camera.events, options.timers),
      motionForMs: camera.config.mqttMotionResetTopic === undefined ? camera.config.motionTimeout * 1000 : longestWithoutEndMs,
    }));
    this.#frigateTopic = options.config.frigateTopic ?? usualFrigateTopic;
    const frigate = options.cameras.some(({ config }) => config.frigateCamera !== undefined) ? [this.#frigateTopic] : [];
    this.filters = [...new Set([...this.#cameras.flatMap(({ rules }) => rules.map(({ topic }) => topic)), ...frigate])];
  }

  receive(topic: string, payload: Buffer, retained: boolean): void {
    // What the broker has kept from before we came is old: nobody stands at the door any more.
    if (retained || this.#options.own.has(topic)) {
      return;
    }
    const filters = this.filters.filter((filter) => topicMatches(filter, topic));
    if (payload.length > largestMessage) {
      this.#once('size', filters, (filter) => void this.#options.problems.tell(new Problem('mqtt-message-too-large', `topic ${filter}, ${Math.round(payload.length / 1024)} KiB`), filter));
      return;
    }
    const message = new Message(topic, payload);
    for (const { camera, rules, motion, motionForMs } of this.#cameras) {
      for (const sign of signsIn(message, rules)) {
        act[sign](camera.events, motion, motionForMs);
      }
    }
    if (filters.includes(this.#frigateTopic)) {
      this.#followFrigate(message);
    }
    this.#tellUnreadable(message, filters);
  }

  [Symbol.dispose](): void {
    for (const { motion } of this.#cameras) {
      motion[Symbol.dispose]();
    }
  }

  #followFrigate(message: Message): void {
    const news = readFrigate(message);
    if (news) {
      for (const { camera, motion } of this.#cameras) {
        followFrigate(news, camera.config, motion);
      }
    }
  }

  /** A topic of which JSON is expected, and something else comes. */
  #tellUnreadable(message: Message, filters: readonly string[]): void {
    const wanted = filters.filter((filter) => filter === this.#frigateTopic || this.#cameras.some(({ rules }) => rules.some(({ topic, path }) => topic === filter && path !== undefined)));
    if (wanted.length > 0 && message.json === undefined) {
      this.#once('json', wanted, (filter) => this.#options.log.debug(`MQTT: what comes under the topic ${filter} is no JSON and is ignored.`));
    }
  }

  #once(about: string, filters: readonly string[], tell: (filter: string) => void): void {
    for (const filter of filters.filter((each) => !this.#told.has(`${about} ${each}`))) {
      this.#told.add(`${about} ${filter}`);
      tell(filter);
    }
  }
}
