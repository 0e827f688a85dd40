/** `npm run schema` writes config.schema.json from the option definitions; `-- --check` says whether it is up to date. */
import { configSchemaText } from '../src/config/json-schema.js';
import { writeOrCheck } from './generated-file.js';

writeOrCheck('config.schema.json', configSchemaText(), 'the options in src/config/options.ts', 'npm run schema');
