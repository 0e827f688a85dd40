/** As in config.schema.json and in the user's config.json. */
export const platformName = 'CameraHub';
export const pluginName = 'homebridge-camera-hub';
/** Inside Homebridge's storage folder: the only place that the plugin writes to. */
export const storageFolder = 'camera-hub';
/** Inside that one: where recordings are saved; may be a disk of its own. */
export const recordingsFolder = 'recordings';
