import type { LadderChange, LadderStep } from '../policy/load-ladder.js';

/** What the person at home reads when a step is taken, and when it is taken back. `because` follows. */
export function ladderLine({ kind, step, because }: LadderChange): string {
  const [camera, text] = kind === 'taken' ? whenTaken(step) : whenBack(step);
  const line = `${text}, as ${because}.`;
  return camera === '' ? line.charAt(0).toUpperCase() + line.slice(1) : `${camera}: ${line}`;
}

/** What is limited by a step, for the status. */
export function describeStep(step: LadderStep): string {
  return whenTaken(step)[1];
}

function whenTaken(step: LadderStep): readonly [camera: string, text: string] {
  switch (step.kind) {
    case 'analysis':
      return ['', step.pace === 'half' ? 'motion is looked for half as often for now' : 'motion is looked for in keyframes only for now'];
    case 'refuse':
      return ['', 'no further live view is converted for now'];
    case 'frameRate':
      return [step.camera, `converted live views show at most ${step.fps} pictures a second for now`];
    case 'size':
      return [step.camera, `converted live views are at most ${step.height} lines high for now`];
  }
}

function whenBack(step: LadderStep): readonly [camera: string, text: string] {
  switch (step.kind) {
    case 'analysis':
      return ['', step.pace === 'half' ? 'motion is looked for as often as always again' : 'motion is looked for in more than keyframes again'];
    case 'refuse':
      return ['', 'live views are converted again where they have to be'];
    case 'frameRate':
      return [step.camera, 'converted live views may show more pictures a second again'];
    case 'size':
      return [step.camera, 'converted live views may be larger again'];
  }
}
