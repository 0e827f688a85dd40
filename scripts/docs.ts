/** `npm run docs` writes docs/troubleshooting.md from the table of problems; `-- --check` says whether it is up to date. */
import { problemTable } from '../src/problems.js';
import { writeOrCheck } from './generated-file.js';

const head = `# When something does not work

Every message of the plugin ends with a code in brackets; look it up here. A message comes once per cause,
not once per try, and another one says when it is over. With the option "debug" of a camera the log also has
what FFmpeg says and why each decision was taken. No message contains a password.
`;

const sections = Object.entries(problemTable).map(
  ([code, { what, remedy, picture }]) => `
## ${code}

- **What happened:** ${what}.
- **What to do:** ${remedy}
- **In place of the picture:** "${picture}"
`,
);

writeOrCheck('docs/troubleshooting.md', [head, ...sections].join(''), 'the table in src/problems.ts', 'npm run docs');
