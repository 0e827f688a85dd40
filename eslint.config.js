import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** The rooms of the house: imports point one way (docs/architecture.md). Nobody imports `cli`. */
const closedTo = {
  media: { rooms: ['policy', 'ffmpeg', 'pipeline', 'homekit', 'config', 'resources', 'triggers', 'motion', 'events', 'web'], message: 'media/ imports from no other room.' },
  policy: { rooms: ['ffmpeg', 'pipeline', 'homekit', 'config', 'resources', 'triggers', 'motion', 'events', 'web'], message: 'policy/ imports from media/ only.' },
  ffmpeg: { rooms: ['pipeline', 'homekit', 'resources', 'triggers', 'motion', 'events', 'web'], message: 'ffmpeg/ knows nothing of who uses it.' },
  pipeline: { rooms: ['homekit', 'triggers', 'motion', 'web'], message: 'pipeline/ knows nothing of HomeKit, nor of who looks at it.' },
  config: { rooms: ['pipeline', 'homekit', 'triggers', 'motion', 'web'], message: 'config/ knows nothing of who reads it.' },
};
const nobodys = { group: ['**/cli/**'], message: 'Nobody imports the command line.' };
/** Whatever number of folders lies between. */
const ofRooms = ({ rooms, message }) => ({ group: rooms.map((room) => `**/${room}/**`), message });
const io = { group: ['node:fs', 'node:fs/*', 'node:net', 'node:dgram', 'node:http', 'node:child_process', 'node:worker_threads', 'node:timers*'], message: 'media/ and policy/ do no I/O.' };

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js', 'jest.config.ts', 'scripts/*.mjs', 'scripts/*.cjs'] } } },
    rules: {
      // Numbers in messages are what the person at the screen asked for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  { files: ['src/**'], ignores: ['src/cli/**'], rules: { 'no-restricted-imports': ['error', { patterns: [nobodys] }] } },
  ...Object.entries(closedTo).map(([room, closed]) => ({
    files: [`src/${room}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: [nobodys, ofRooms(closed), ...(room === 'media' || room === 'policy' ? [io] : [])] }] },
  })),
  {
    files: ['src/**'],
    rules: { 'no-restricted-globals': ['error', ...['AsyncDisposableStack', 'DisposableStack'].map((name) => ({ name, message: 'Node 22 has none.' }))] },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked, languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable' } } },
);
