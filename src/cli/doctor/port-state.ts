import { readdir, readFile, readlink } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { systemError } from '../../kept-file.js';

export type PortState = { readonly kind: 'free' } | { readonly kind: 'in use' } | { readonly kind: 'unusable'; readonly because: string };

export interface PortHolder {
  /** What runs, without what it was told: 'nginx', 'homebridge'. */
  readonly program: string;
  readonly isHomebridge: boolean;
}

const answerWithinMs = 2_000;
/** What HAP answers to who is not paired (R13 5.4). */
const unpairedStatus = 470;

/** @param address where it is to be open; undefined: everywhere. */
export async function portState(port: number, address: string | undefined): Promise<PortState> {
  const refusal = await tryToListen(port, address);
  switch (refusal) {
    case undefined:
      return { kind: 'free' };
    case 'EADDRINUSE':
      return { kind: 'in use' };
    default:
      return { kind: 'unusable', because: refusal };
  }
}

/** @returns why it could not; nothing is heard meanwhile. */
function tryToListen(port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', (error) => resolve(systemError(error).code ?? error.message));
    server.listen({ port, ...(host === undefined ? {} : { host }), exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** Whether who has it answers as a HomeKit accessory. Not for ports of others, whose logs would speak of a stranger. */
export function speaksHap(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/accessories', timeout: answerWithinMs, agent: false }, (response) => {
      resolve(response.statusCode === unpairedStatus);
      response.destroy();
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** Who listens on a port. Linux only, and of other users' processes only for root; undefined where nobody can tell. */
export async function portHolder(port: number): Promise<PortHolder | undefined> {
  const sockets = await listeningSockets(port);
  for (const pid of sockets.size === 0 ? [] : await processes()) {
    if (await holdsOne(pid, sockets)) {
      return holderOf((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0'));
    }
  }
  return undefined;
}

/** Scripts are called by their own names, not by that of Node. */
function holderOf([program = '', script = '']: readonly string[]): PortHolder {
  const isNode = /^node(?:js)?$/.test(basename(program));
  return { program: basename(isNode && script !== '' ? script : program), isHomebridge: /homebridge|hb-service/i.test(isNode ? script : program) };
}

/** As links of file descriptors name them: 'socket:[12345]'. */
async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')));
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = '0A';
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return new Set(rows.filter((columns) => columns[1]?.endsWith(local) === true && columns[3] === listening).map((columns) => `socket:[${columns[9] ?? ''}]`));
}

async function processes(): Promise<readonly string[]> {
  return (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const links = await Promise.all(descriptors.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.some((link) => sockets.has(link));
}
