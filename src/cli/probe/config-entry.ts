import { cameraSchema, type CameraConfig } from '../../config/options.js';
import { hasLogin, mask, maskedSource } from './masked-source.js';

/** An entry for the list "cameras" of config.json. */
export type ConfigEntry = Readonly<Record<string, string | number | boolean>>;

/** Options of a camera that the entry repeats where they are not what they are by themselves. */
const repeated = ['transport'] as const satisfies readonly (keyof CameraConfig)[];

/** What to paste, with `mask` in place of what is secret. @param camera with the login in its addresses, as `readConfig` gives it. */
export function configEntry(camera: CameraConfig): ConfigEntry {
  const { name, source, substream } = camera;
  const usual = cameraSchema.parse({ name, source: 'test:' });
  const login = hasLogin(source) || (substream !== undefined && hasLogin(substream));
  return {
    name,
    source: maskedSource(source),
    ...(substream === undefined ? {} : { substream: maskedSource(substream) }),
    ...(login ? { username: mask, password: mask } : {}),
    ...Object.fromEntries(repeated.filter((option) => camera[option] !== usual[option]).map((option) => [option, camera[option]])),
  };
}

/** Whether something has to be put in by hand. */
export function isMasked(entry: ConfigEntry): boolean {
  return Object.values(entry).some((value) => typeof value === 'string' && value.includes(mask));
}
