import type { CameraConfig, PlatformConfig } from './options.js';

type Reported = PlatformConfig & { readonly cameras: readonly CameraConfig[] };

const mqttTriggers = ['mqttMotionTopic', 'mqttMotionResetTopic', 'mqttDoorbellTopic', 'frigateCamera'] as const satisfies readonly (keyof CameraConfig)[];

/** What stands in the configuration and does nothing, because something else is missing there: lines for the log. */
export function withoutEffect({ cameras, ...platform }: Reported): string[] {
  return cameras.flatMap((camera) => {
    const triggers = mqttTriggers.filter((option) => camera[option] !== undefined);
    const first = triggers[0];
    return [
      ...(first !== undefined && platform.mqttUrl === undefined ? [`${camera.name}: option "${first}" has no effect, as no broker is set ("mqttUrl").`] : []),
      ...(camera.mqttDoorbellTopic !== undefined && !camera.doorbell ? [`${camera.name}: option "mqttDoorbellTopic" has no effect, as the camera is no doorbell ("doorbell").`] : []),
    ];
  });
}
