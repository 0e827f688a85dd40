import type { CameraEvents } from '../../events/camera-events.js';
import type { TriggeredCamera } from './triggered-camera.js';

/** What holds for the camera afterwards, as the answer says it. */
export type TriggerResult = { readonly motion: boolean } | { readonly doorbell: boolean };

export interface TriggerAction {
  /** What the camera must be able to, and what to say where it is not. */
  readonly needs: keyof Pick<TriggeredCamera, 'doorbell' | 'reportsMotion'>;
  readonly otherwise: string;
  readonly run: (events: CameraEvents) => TriggerResult;
}

const motion = { needs: 'reportsMotion', otherwise: 'This camera has no motion sensor.' } as const;

/** What can be reported about a camera, by what stands behind it in the path. */
export const triggerActions: ReadonlyMap<string, TriggerAction> = new Map<string, TriggerAction>([
  [
    'motion',
    {
      ...motion,
      run: (events) => {
        events.motion('http');
        return { motion: events.moving };
      },
    },
  ],
  [
    'motion/reset',
    {
      ...motion,
      run: (events) => {
        events.motionEnded('http');
        // What somebody else still sees goes on.
        return { motion: events.moving };
      },
    },
  ],
  [
    'doorbell',
    {
      needs: 'doorbell',
      otherwise: 'This camera is not a doorbell (its option "doorbell" is off).',
      run: (events) => ({ doorbell: events.ring('http') }),
    },
  ],
]);
