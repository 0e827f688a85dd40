import { choiceLine, whyUnusable, type HardwareStatus, type PresetStatus } from '../../../ffmpeg/hardware/report.js';
import { orAborted } from '../../../pipeline/or-aborted.js';
import { problemTable } from '../../../problems.js';
import { check } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';

export interface HardwareFacts {
  /** The option "hardware". */
  readonly wanted: string;
  readonly status: HardwareStatus;
}

export const hardwareCheck = check({
  title: 'Graphics',
  doing: 'Trying the graphics hardware',
  gather: async ({ hub, hardware, signal }): Promise<HardwareFacts> => {
    await orAborted(hardware.settled, signal);
    signal.throwIfAborted();
    return { wanted: hub.hardware, status: hardware.status() };
  },
  judge: judgeHardware,
});

export function judgeHardware({ wanted, status }: HardwareFacts): readonly Finding[] {
  if (wanted === 'software') {
    return [ok('none is wanted ("hardware" is "software")')];
  }
  const unusable = wanted === 'auto' ? undefined : whyUnusable(status);
  if (unusable !== undefined) {
    return [problem(`"hardware" is "${wanted}", and that cannot be used (${unusable})`, problemTable['hardware-unusable'].remedy)];
  }
  const tried = status.presets.filter(({ notTried }) => notTried === undefined);
  const working = tried.filter(works);
  return [
    ok(working.length === 0 ? 'none that can be used: the processor decodes and encodes what has to be' : choiceLine(status)),
    ...tried.filter((preset) => !works(preset)).map(judgeBroken),
  ];
}

function works({ checks }: PresetStatus): boolean {
  return Object.values(checks).includes('works');
}

/** A device that is there, and does not work. */
function judgeBroken({ label, device, checks, missing }: PresetStatus): Finding {
  const reasons = [Object.values(checks)[0], missing].filter((reason) => reason !== undefined);
  return warning(`${label}${device === undefined ? '' : ` on ${device}`} does not work (${reasons.join('; ')})`, 'The processor takes its place. docs/hardware.md says what each kind needs: driver, rights, and an FFmpeg that was built for it.');
}
