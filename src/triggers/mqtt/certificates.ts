import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PlatformConfig } from '../../config/options.js';
import { systemError } from '../../kept-file.js';
import { Problem } from '../../problems.js';

/** Whom an encrypted connection trusts. */
export interface Trust {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string;
}

/** Reads the file anew each time: it may have been mended. @throws Problem that names it where it cannot be used. */
export async function readTrust({ mqttCa, mqttVerify }: Pick<PlatformConfig, 'mqttCa' | 'mqttVerify'>): Promise<Trust> {
  if (!mqttVerify || mqttCa === undefined) {
    return { rejectUnauthorized: mqttVerify };
  }
  try {
    const ca = await readFile(mqttCa, 'utf8');
    // TLS takes a file without a certificate for an empty list, and then trusts nobody.
    new X509Certificate(ca);
    return { rejectUnauthorized: true, ca };
  } catch (error) {
    throw new Problem('mqtt-ca-unreadable', `${mqttCa}: ${plainWords[systemError(error).code ?? ''] ?? 'it holds no certificate'}`, { cause: error });
  }
}

const plainWords: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EACCES: 'Homebridge may not read it', EISDIR: 'this is a folder' };
