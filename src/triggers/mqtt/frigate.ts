import { z } from 'zod';
import type { CameraConfig } from '../../config/options.js';
import type { HeldMotion } from './held-motion.js';
import type { Message } from './message.js';

/** Where Frigate publishes its events unless its own `topic_prefix` is another. */
export const usualFrigateTopic = 'frigate/events';

/** Frigate tells of an object that it tracks at least once a minute (its `TrackedObject.update`); its end may be lost. */
const heardOfWithinMs = 75_000;

// docs.frigate.video/integrations/mqtt: of `after`, the state of the object now. What old versions leave out counts as no.
const frigateMessage = z.object({
  type: z.enum(['new', 'update', 'end']),
  after: z.object({
    id: z.string().max(128),
    camera: z.string(),
    label: z.string(),
    false_positive: z.boolean().nullish(),
    stationary: z.boolean().nullish(),
  }),
});

/** News of one object that Frigate tracks. */
export interface FrigateNews {
  readonly id: string;
  readonly camera: string;
  readonly label: string;
  /** It is there, is what it is taken for, and moves: Frigate goes on to track what is parked, for days. */
  readonly moves: boolean;
}

/** What Frigate says, `undefined` where that is no event of an object. */
export function readFrigate(message: Message): FrigateNews | undefined {
  const { data } = frigateMessage.safeParse(message.json?.value);
  if (!data) {
    return undefined;
  }
  const { type, after } = data;
  return { id: after.id, camera: after.camera, label: after.label, moves: type !== 'end' && after.false_positive !== true && after.stationary !== true };
}

/** What Frigate sees with this camera is motion: from the first object that moves to the last that is gone, or stands still. */
export function followFrigate(news: FrigateNews, { frigateCamera, frigateLabels }: Pick<CameraConfig, 'frigateCamera' | 'frigateLabels'>, motion: HeldMotion): void {
  if (news.camera !== frigateCamera) {
    return;
  }
  const object = `frigate ${news.id}`;
  const counts = frigateLabels.length === 0 || frigateLabels.includes(news.label);
  if (news.moves && counts) {
    motion.moves(object, heardOfWithinMs);
  } else {
    motion.stopped(object);
  }
}
