import type { ReplyForm } from './reply.js';
import { decoded, type RequestTarget } from './request-target.js';
import { triggerActions, type TriggerAction, type TriggerResult } from './trigger-actions.js';
import type { CameraDirectory, TriggeredCamera } from './triggered-camera.js';

/**
 * The addresses of homebridge-camera-ffmpeg: /motion?Camera%20Name, /motion/reset?Camera%20Name and /doorbell?Camera%20Name,
 * by any method and without a token.
 */
export interface OldRequest {
  readonly action: TriggerAction;
  /** The query, which is nothing but the camera's name. */
  readonly name: string;
}

export function readOldUrl({ path, query }: RequestTarget): OldRequest | undefined {
  const action = triggerActions.get(path.join('/'));
  return action && { action, name: decoded(query) ?? query };
}

/** Instar cameras write a = behind the name. */
export function findByOldName(cameras: CameraDirectory, name: string): TriggeredCamera | undefined {
  return cameras.find(name) ?? cameras.find(name.replace(/=.*$/s, ''));
}

const told = (result: TriggerResult): string =>
  'motion' in result ? `motion is ${result.motion ? 'on' : 'off'}` : `the doorbell ${result.doorbell ? 'rings' : 'rang just before'}`;

/** Answers in the form of that plugin, for scripts that read them: `error`, `message`, `cooldownActive`, and 500 for what is wrong. */
export const oldForm: ReplyForm = {
  done: ({ name }, result, wasMoving) => ({
    status: 200,
    body: { error: false, message: `${name}: ${told(result)}.`, ...('motion' in result && result.motion ? { cooldownActive: wasMoving } : {}) },
  }),
  refused: (status, why, { headers = {} } = {}) => ({ status: toldByThatPlugin.includes(status) ? 500 : status, headers, body: { error: true, message: why } }),
};

/** Unknown camera, and one that cannot. What that plugin never says keeps its own status. */
const toldByThatPlugin: readonly number[] = [404, 409];
