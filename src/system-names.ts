import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';

/** Who this process runs as; undefined in a container that does not know its user. */
export function nameOfUser(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** @param file /etc/passwd or /etc/group, of lines such as 'video:x:44:homebridge'. @returns undefined where nobody there has this number. */
export async function nameOfId(file: string, id: number): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const line = text.split('\n').find((each) => each.split(':')[2] === String(id));
  return line?.split(':')[0];
}
