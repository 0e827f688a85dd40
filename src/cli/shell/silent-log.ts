import type { Log } from '../../problem-log.js';

const nothing = (): void => undefined;

/** For parts of the plugin whose log nobody reads here. */
export const silentLog: Log = { info: nothing, warn: nothing, error: nothing, debug: nothing };
