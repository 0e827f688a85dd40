import type { CameraConfig } from '../../config/options.js';
import { saysSomething, textOf, valueAt, type Message } from './message.js';
import { topicMatches } from './topic-filter.js';

/** What a message says about a camera. */
export type Sign = 'motion' | 'motionEnd' | 'doorbell';

/** A message under `topic` (may have wildcards) that is `message`, or has it at `path` of its JSON, is this sign. */
export interface MessageRule {
  readonly sign: Sign;
  readonly topic: string;
  readonly message?: string | undefined;
  readonly path?: string | undefined;
}

const options = [
  { sign: 'motion', topic: 'mqttMotionTopic', message: 'mqttMotionMessage', path: 'mqttMotionPath' },
  { sign: 'motionEnd', topic: 'mqttMotionResetTopic', message: 'mqttMotionResetMessage', path: 'mqttMotionResetPath' },
  { sign: 'doorbell', topic: 'mqttDoorbellTopic', message: 'mqttDoorbellMessage', path: 'mqttDoorbellPath' },
] as const satisfies readonly { readonly sign: Sign; readonly topic: keyof CameraConfig; readonly message: keyof CameraConfig; readonly path: keyof CameraConfig }[];

/** The rules of a camera. Nobody rings at a camera that is no doorbell. */
export function rulesOf(config: CameraConfig): MessageRule[] {
  return options.flatMap(({ sign, topic, message, path }) => {
    const filter = config[topic];
    return filter === undefined || (sign === 'doorbell' && !config.doorbell) ? [] : [{ sign, topic: filter, message: config[message], path: config[path] }];
  });
}

/**
 * What a message says by these rules. Where it says both that motion begins and that it ends, the rule that names more wins (a
 * message, else a path), so that one topic can have "ON" for motion and anything else for its end; of equal ones, motion.
 */
export function signsIn(message: Message, rules: readonly MessageRule[]): Sign[] {
  const fitting = rules.filter((rule) => topicMatches(rule.topic, message.topic) && fits(rule, message));
  const motion = fitting.find(({ sign }) => sign === 'motion');
  const end = fitting.find(({ sign }) => sign === 'motionEnd');
  const outdone = motion && end && (namedBy(end) > namedBy(motion) ? motion : end);
  return fitting.filter((rule) => rule !== outdone).map(({ sign }) => sign);
}

function fits(rule: MessageRule, message: Message): boolean {
  if (rule.path === undefined) {
    // An empty message is how a topic is cleared: it says nothing.
    return rule.message === undefined ? message.text !== '' : message.text === rule.message;
  }
  const value = message.json && valueAt(message.json.value, rule.path);
  return rule.message === undefined ? saysSomething(value) : textOf(value) === rule.message;
}

function namedBy({ message, path }: MessageRule): number {
  return message !== undefined ? 2 : path !== undefined ? 1 : 0;
}
