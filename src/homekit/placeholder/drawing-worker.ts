import { parentPort, workerData } from 'node:worker_threads';
import { drawPicture, type Drawing } from './drawing.js';

// One picture and gone: placeholders are rare.
parentPort?.postMessage(drawPicture(workerData as Drawing));
