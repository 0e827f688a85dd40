/** Runs the whole suite, or what is named: `npm test -- unit`. Says which Node and which FFmpeg it uses. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const provide = join(process.cwd(), 'dist', 'scripts', 'provide-ffmpeg.js');
if (existsSync(provide)) {
  const { provideFfmpeg } = await import(pathToFileURL(provide).href);
  const ffmpeg = await provideFfmpeg();
  console.log(`FFmpeg ${ffmpeg.version} (${ffmpeg.path})`);
}
const options = [process.env.NODE_OPTIONS, '--experimental-vm-modules', '--no-warnings'].filter(Boolean).join(' ');
const result = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, NODE_OPTIONS: options },
});
process.exit(result.status ?? 1);
