import { splitLogin } from '../media/camera-source.js';
import { ignoresLogin } from './camera-login.js';
import type { CameraConfig, PlatformConfig } from './options.js';

type Reported = PlatformConfig & { readonly cameras: readonly CameraConfig[] };

/** Whose place may be in an address already. */
const loginOptions = ['username', 'password'] as const satisfies readonly (keyof CameraConfig)[];

/** What makes a camera need a broker. */
const mqttTriggers = ['mqttMotionTopic', 'mqttMotionResetTopic', 'mqttDoorbellTopic', 'frigateCamera'] as const satisfies readonly (keyof CameraConfig)[];

/** What does nothing without sound. */
const soundOptions = ['audioGain', 'noiseFilter'] as const satisfies readonly (keyof CameraConfig)[];

/** What does nothing without another option. */
const topicOf = {
  mqttMotionMessage: 'mqttMotionTopic',
  mqttMotionPath: 'mqttMotionTopic',
  mqttMotionResetMessage: 'mqttMotionResetTopic',
  mqttMotionResetPath: 'mqttMotionResetTopic',
  mqttDoorbellMessage: 'mqttDoorbellTopic',
  mqttDoorbellPath: 'mqttDoorbellTopic',
} as const satisfies Partial<Record<keyof CameraConfig, keyof CameraConfig>>;

/** What stands in the configuration and does nothing, because something else is missing there: lines for the log. @param cameras as they are written: their login is not in their addresses yet. */
export function withoutEffect({ cameras, ...platform }: Reported): string[] {
  return cameras.flatMap((camera) => {
    const says = (option: string, because: string): string => `${camera.name}: option "${option}" has no effect, as ${because}.`;
    const trigger = mqttTriggers.find((option) => camera[option] !== undefined);
    const alone = Object.entries(topicOf).filter(([option, topic]) => camera[option as keyof typeof topicOf] !== undefined && camera[topic] === undefined);
    const login = ignoresLogin(camera) ? loginOptions.filter((option) => camera[option] !== undefined) : [];
    return [
      ...login.map((option) => says(option, splitLogin(camera.source) ? 'the address in "source" has a login of its own' : '"source" is no address of the network')),
      ...(trigger !== undefined && platform.mqttUrl === undefined ? [says(trigger, 'no broker is set ("mqttUrl")')] : []),
      ...(camera.mqttDoorbellTopic !== undefined && !camera.doorbell ? [says('mqttDoorbellTopic', 'the camera is no doorbell ("doorbell")')] : []),
      ...soundOptions.filter((option) => !camera.audio && Boolean(camera[option])).map((option) => says(option, 'the microphone is off ("audio")')),
      ...(camera.talkback.arguments.length > 0 && camera.talkback.target === undefined ? [says('talkback.arguments', 'there is no target ("talkback.target")')] : []),
      ...(camera.motionDetectionSwitch && camera.motionDetection === 'off' ? [says('motionDetectionSwitch', '"motionDetection" is "off"')] : []),
      ...alone.map(([option, topic]) => says(option, `there is no topic ("${topic}")`)),
    ];
  });
}
