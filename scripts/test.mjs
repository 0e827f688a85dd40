/**
 * Runs the whole suite, or what is named: `npm test -- unit`. Says which Node and which FFmpeg it uses.
 * The last line is the one that continuous integration reads: `N passed, N failed`, and `, N skipped` where some were.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Jest's exit status and, where it came that far, its counts. */
async function runJest(folder) {
  const counts = join(folder, 'counts.json');
  const env = {
    ...process.env,
    NODE_OPTIONS: [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--no-warnings'].filter(Boolean).join(' '),
    CAMERA_HUB_TEST_COUNTS: counts,
  };
  const provide = join(process.cwd(), 'dist', 'scripts', 'provide-ffmpeg.js');
  if (existsSync(provide)) {
    const { provideFfmpeg } = await import(pathToFileURL(provide).href);
    const ffmpeg = await provideFfmpeg();
    console.log(`FFmpeg ${ffmpeg.version} (${ffmpeg.path})`);
    env.CAMERA_HUB_FFMPEG = ffmpeg.path;
  }
  const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], { stdio: 'inherit', env });
  return { status: status ?? 1, ...(existsSync(counts) && JSON.parse(readFileSync(counts, 'utf8'))) };
}

const folder = mkdtempSync(join(tmpdir(), 'camera-hub-test-'));
let run = { status: 1 };
try {
  run = await runJest(folder);
} catch (error) {
  console.error(error);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const { passed = 0, skipped = 0 } = run;
// A run that ended badly without a failed test, or in which no test ran, has failed all the same.
const failed = run.failed || Number(run.status !== 0 || passed === 0);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? run.status || 1 : 0;
