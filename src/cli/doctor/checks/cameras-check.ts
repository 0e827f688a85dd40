import { codecName } from '../../../policy/codec-names.js';
import { chooseRecording } from '../../../policy/recording-choice.js';
import { problemTable } from '../../../problems.js';
import type { StreamFindings } from '../../probe/findings.js';
import { gatherCameras, type CameraFacts } from '../camera-facts.js';
import { check } from '../check.js';
import { ok, problem, warning, type Finding } from '../finding.js';

export const camerasCheck = check({ title: 'Cameras', doing: 'Connecting to the cameras', gather: gatherCameras, judge: judgeCameras });

export function judgeCameras(cameras: readonly CameraFacts[]): readonly Finding[] {
  return cameras.length === 0 ? [ok('none is set up')] : cameras.flatMap(judgeCamera);
}

function judgeCamera({ config: { name, recording }, outcome }: CameraFacts): readonly Finding[] {
  switch (outcome.kind) {
    case 'skipped':
      return [ok(`${name}: not looked at`)];
    case 'private':
      return [ok(`${name}: left alone, as its privacy switch is on`)];
    case 'failed':
      return [problem(`${name}: ${outcome.problem.message}`, problemTable[outcome.problem.code].remedy)];
    case 'seen': {
      const { main, sub, warnings } = outcome.findings;
      const seen = `${name}: ${streamText(main)}${sub ? `; sub stream ${streamText(sub)}` : ''}`;
      return [judgeRecording(seen, main, recording), ...warnings.map((line) => warning(`${name}: ${line}`))];
    }
  }
}

/** A conversion works; it costs, and somebody may not know. */
function judgeRecording(seen: string, { recorded, taken }: StreamFindings, recording: boolean): Finding {
  const mode = chooseRecording(recorded);
  if (recording && mode.mode === 'transcode') {
    return warning(`${seen}; recordings are converted, as ${mode.because}`, mode.advice === undefined ? undefined : `${mode.advice}.`);
  }
  return ok(taken.mode === 'encode' ? `${seen}; encoded here all the time that it is connected, as ${taken.because}` : seen);
}

function streamText({ format, measure, taken: { seen } }: StreamFindings): string {
  const rate = measure === undefined ? [] : [`${Math.round(measure.fps)} pictures a second`, `${measure.bitrateKbps} kbit/s`];
  const picture = seen ? [codecName(seen.codec), `${seen.width}x${seen.height}`] : [`${codecName(format.codec)} ${format.profile} ${format.level}`, `${format.width}x${format.height}`];
  return [...picture, ...rate].join(', ');
}
