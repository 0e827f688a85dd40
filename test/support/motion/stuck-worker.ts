/** A thread that takes pictures, and neither looks at them nor gives them back. */
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', () => undefined);
