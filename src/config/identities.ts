import { createHash } from 'node:crypto';
import type { CameraConfig } from './options.js';
import { sourceWithoutCredentials } from './source-without-credentials.js';

export { loadIdentities, saveIdentities } from './identities-file.js';
export { sourceWithoutCredentials } from './source-without-credentials.js';

/** A camera that HomeKit has been told of. Kept in identities.json; the later in the list, the more recently seen. */
export interface KnownIdentity {
  /** What HomeKit's identifiers of the camera are made from. */
  readonly id: string;
  readonly name: string;
  /** The camera's address as `sourceWithoutCredentials` gives it. */
  readonly source: string;
}

export interface ResolvedIdentities {
  /** One for each camera, in the order of the cameras. No two are the same. */
  readonly ids: readonly string[];
  /** To be kept. Also has the cameras that are gone: they may come back. */
  readonly known: readonly KnownIdentity[];
  /** What was recognised or is new, one line each, for the log. */
  readonly notes: readonly string[];
}

/** A camera as its new identity is made from it. */
export type UnidentifiedCamera = Omit<KnownIdentity, 'id'>;

type IdentifiedCamera = Pick<CameraConfig, 'name' | 'source' | 'id'>;

/**
 * Which HomeKit identity each camera has, so that neither renaming nor moving a camera nor a new password loses its
 * pairing: the configured `id`, else the known identity of this name, else of this source, else a new one. Pure.
 * The ids of `cameras` must be distinct (`readConfig` sees to it). `newId` is `newIdentity`; it is asked for a further
 * attempt, counted from 0, where what it gave is taken.
 */
export function resolveIdentities(
  cameras: readonly IdentifiedCamera[],
  known: readonly KnownIdentity[],
  newId: (camera: UnidentifiedCamera, attempt: number) => string,
): ResolvedIdentities {
  const ids = new Map<number, string>();
  const notes: string[] = [];
  const described = cameras.map((camera) => ({ name: camera.name, source: sourceWithoutCredentials(camera.source) }));
  const taken = () => new Set(ids.values());

  /** Each step goes through all cameras before the next begins: a weaker match must not take what a stronger one finds later. */
  const eachWithout = (step: (camera: UnidentifiedCamera, index: number) => string | undefined) => {
    described.forEach((camera, index) => {
      const id = ids.has(index) ? undefined : step(camera, index);
      if (id !== undefined) {
        ids.set(index, id);
      }
    });
  };
  const mostRecentFree = (matches: (identity: KnownIdentity) => boolean) => {
    const used = taken();
    return known.findLast((identity) => !used.has(identity.id) && matches(identity));
  };

  eachWithout((_, index) => cameras[index]?.id);
  eachWithout(({ name, source }) => mostRecentFree((identity) => identity.name === name && identity.source === source)?.id);
  eachWithout(({ name }) => mostRecentFree((identity) => identity.name === name)?.id);
  eachWithout(({ name, source }) => {
    const found = mostRecentFree((identity) => identity.source === source);
    if (found) {
      notes.push(`${name}: recognised by its source, it was called "${found.name}". Its place in the Home app is kept.`);
    }
    return found?.id;
  });
  eachWithout((camera) => {
    notes.push(`${camera.name}: new, it got an identity for HomeKit of its own.`);
    return unusedId((attempt) => newId(camera, attempt), new Set([...known.map(({ id }) => id), ...taken()]));
  });

  const current = described.map((camera, index) => ({ id: ids.get(index) ?? '', ...camera }));
  for (const [index, { name, id }] of current.entries()) {
    const before = known.findLast((identity) => identity.name === name);
    if (cameras[index]?.id !== undefined && before && before.id !== id && !known.some((identity) => identity.id === id)) {
      notes.push(`${name}: "id" gives it a new identity for HomeKit. Add it to the Home app anew.`);
    }
  }
  const used = taken();
  return { ids: current.map(({ id }) => id), known: [...known.filter(({ id }) => !used.has(id)), ...current], notes };
}

function unusedId(newId: (attempt: number) => string, used: ReadonlySet<string>): string {
  // One attempt more than there are identities: they cannot all be taken.
  for (let attempt = 0; attempt <= used.size; attempt++) {
    const id = newId(attempt);
    if (!used.has(id)) {
      return id;
    }
  }
  throw new RangeError('newId gave only identities that are in use');
}

/**
 * The identity of a camera that is not known, as a UUID: the same at every start, so that cameras stay paired while the
 * identities cannot be kept. Another for each `attempt`.
 */
export function newIdentity({ name, source }: UnidentifiedCamera, attempt: number): string {
  const digest = createHash('sha256').update(JSON.stringify(attempt === 0 ? [name, source] : [name, source, attempt])).digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6); // RFC 9562 5.8: version 8, whose bits are the maker's own
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8); // RFC 9562 4.1: its variant
  return digest.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
