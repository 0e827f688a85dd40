/**
 * A camera as a process of its own: `node dist/test/support/camera/command.js '{"main":{}}'`.
 * Prints a line with its URLs, then answers commands (see command-messages.ts), one JSON line each. Ends when stdin closes.
 */
import { createInterface } from 'node:readline';
import type { AnswerLine, CameraCommand, ReadyLine } from './command-messages.js';
import { cameraCommand, monotonicOffsetMs } from './command-messages.js';
import type { CameraSettings, SimulatedCamera } from './rtsp-camera.js';
import { shifted, startCamera } from './rtsp-camera.js';

const settings = JSON.parse(process.argv[2] ?? '{"main":{}}') as CameraSettings;
const camera = await startCamera(settings);
const urls = { main: camera.url('main'), ...(settings.sub ? { sub: camera.url('sub') } : {}) };
print({ port: camera.port, urls });

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const result: unknown = await obey(camera, cameraCommand.parse(JSON.parse(line)));
    print({ result: result ?? null });
  } catch (error) {
    print({ error: error instanceof Error ? error.message : String(error) });
  }
}
await camera.close();
process.exit(0);

/** Times are given on the machine's monotonic clock. */
function obey(camera: SimulatedCamera, command: CameraCommand): unknown {
  switch (command.do) {
    case 'statistics':
    case 'freeze':
    case 'thaw':
    case 'dropConnections':
    case 'muteMicrophone':
    case 'unmuteMicrophone':
    case 'start':
    case 'stop':
      return camera[command.do]();
    case 'cpuMs': {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    }
    case 'sentAt': {
      const sentAtMs = camera.sentAt(command.counter, command.stream);
      return sentAtMs === undefined ? undefined : sentAtMs + monotonicOffsetMs();
    }
    case 'counterNow':
      return camera.counterNow(command.stream);
    case 'show':
      return camera.show(command.scene).then((begin) => shifted(begin, monotonicOffsetMs()));
    case 'changeMicrophone':
      return camera.changeMicrophone(command.audio, command.stream);
    case 'answerWith':
      camera.answerWith(command.status);
      return undefined;
    case 'sendGarbage':
      camera.sendGarbage(command.kind, command.durationMs);
      return undefined;
    case 'loseEvery':
      camera.loseEvery(command.nth);
      return undefined;
    case 'setClock':
      camera.setClock(command.offsetMs);
      return undefined;
    case 'setPassword':
      camera.setPassword(command.password);
      return undefined;
  }
}

function print(line: ReadyLine | AnswerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
