import type { API } from 'homebridge';
import { CameraHubPlatform } from './platform.js';
import { platformName, pluginName } from './settings.js';

/** Called by Homebridge. */
export default function register(api: API): void {
  api.registerPlatform(pluginName, platformName, CameraHubPlatform);
}
