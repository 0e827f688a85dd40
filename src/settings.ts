/** As in config.schema.json and in the user's config.json. */
export const platformName = 'CameraHub';
export const pluginName = 'homebridge-camera-hub';
/** Inside Homebridge's storage folder: the only place that the plugin writes to. */
export const storageFolder = 'camera-hub';
