import { isSameHost } from '../../config/camera-login.js';
import { cameraSchema, type CameraConfig } from '../../config/options.js';
import { mask, shownSource } from '../../config/shown-source.js';
import { splitLogin } from '../../media/camera-source.js';

/** An entry for the list "cameras" of config.json. */
export type ConfigEntry = Readonly<Record<string, string | number | boolean>>;

/** Options of a camera that the entry repeats where they are not what they are by themselves. */
const repeated = ['transport'] as const satisfies readonly (keyof CameraConfig)[];

/** What to paste, with `mask` in place of what is secret. @param camera with the login in its addresses, as `readConfig` gives it. */
export function configEntry(camera: CameraConfig): ConfigEntry {
  const { name, source, substream } = camera;
  const usual = cameraSchema.parse({ name, source: 'test:' });
  const login = loginOf(source);
  return {
    name,
    source: shownSource(source),
    ...(substream === undefined ? {} : { substream: shownSubstream(source, substream) }),
    ...(login === undefined ? {} : { username: mask, password: mask }),
    ...Object.fromEntries(repeated.filter((option) => camera[option] !== usual[option]).map((option) => [option, camera[option]])),
  };
}

/** Masked in it where the login of the options, which is that of the source, would not be the right one. */
function shownSubstream(source: string, substream: string): string {
  const shown = shownSource(substream);
  const login = loginOf(substream);
  return login === undefined || (login === loginOf(source) && isSameHost(source, substream)) ? shown : shown.replace('://', `://${mask}@`);
}

function loginOf(source: string): string | undefined {
  return splitLogin(source)?.login;
}

/** Whether something has to be put in by hand. */
export function isMasked(entry: ConfigEntry): boolean {
  return Object.values(entry).some((value) => typeof value === 'string' && value.includes(mask));
}
