import js from '@eslint/js';
import tseslint from 'typescript-eslint';

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
  {
    // The rooms of the house: imports point one way (docs/architecture.md).
    files: ['src/media/**', 'src/policy/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['../pipeline/*', '../ffmpeg/*', '../homekit/*', '../config/*', '../resources/*'], message: 'media/ and policy/ import from no other room.' },
            { group: ['node:fs', 'node:fs/*', 'node:net', 'node:dgram', 'node:http', 'node:child_process', 'node:worker_threads', 'node:timers*'], message: 'media/ and policy/ do no I/O.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/ffmpeg/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: ['../pipeline/*', '../homekit/*', '../resources/*'], message: 'ffmpeg/ imports only from media/ and policy/.' }] }] },
  },
  {
    files: ['src/**'],
    rules: { 'no-restricted-globals': ['error', ...['AsyncDisposableStack', 'DisposableStack'].map((name) => ({ name, message: 'Node 22 has none.' }))] },
  },
  {
    files: ['src/pipeline/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: ['../homekit/*'], message: 'pipeline/ knows nothing of HomeKit.' }] }] },
  },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked, languageOptions: { globals: { process: 'readonly', console: 'readonly', module: 'writable' } } },
);
