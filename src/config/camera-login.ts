import { withLogin } from '../media/camera-source.js';
import type { CameraConfig } from './options.js';

/**
 * A camera with the login of its options in its addresses: in that of its source, and in others of the same host. Another host may be
 * anybody's, and has a login in its own address, if it needs one.
 */
export function withLogins(camera: CameraConfig): CameraConfig {
  const { source, substream, stillImage } = camera;
  const completed = (address: string): string => (isSameHost(address, source) ? withLogin(address, camera) : address);
  return {
    ...camera,
    source: completed(source),
    ...(substream === undefined ? {} : { substream: completed(substream) }),
    ...(stillImage === undefined ? {} : { stillImage: completed(stillImage) }),
  };
}

/** Whether none of its addresses takes that login. */
export function ignoresLogin(camera: CameraConfig): boolean {
  const { source, substream, stillImage } = withLogins(camera);
  return source === camera.source && substream === camera.substream && stillImage === camera.stillImage;
}

export function isSameHost(one: string, other: string): boolean {
  return hostOf(one) === hostOf(other);
}

/** Empty where there is none: a device, a list of arguments. */
function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname.toLowerCase() : '';
}
