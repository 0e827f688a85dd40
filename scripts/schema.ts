/** Writes config.schema.json from the option definitions (`npm run schema`), or says whether it is up to date (`-- --check`). */
import { readFileSync, writeFileSync } from 'node:fs';
import { configSchemaText } from '../src/config/json-schema.js';

const file = 'config.schema.json';
const text = configSchemaText();

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
  console.log(`${file} written.`);
} else if (onDisk() === text) {
  console.log(`${file} is up to date.`);
} else {
  console.error(`${file} differs from the options in src/config/options.ts. Run "npm run schema" and commit the result.`);
  process.exitCode = 1;
}

function onDisk(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
