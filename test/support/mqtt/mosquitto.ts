import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestBroker } from './aedes-broker.js';

// Debian installs it where only root's PATH leads.
const env = { ...process.env, PATH: [process.env.PATH, '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'].join(delimiter) };

/** Whether there is a Mosquitto on this machine. */
export const hasMosquitto = spawnSync('mosquitto', ['-h'], { env }).error === undefined;

/** A Mosquitto on loopback that lets everybody in and keeps nothing on disk. */
export async function startMosquitto(): Promise<TestBroker> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-mosquitto-'));
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  let running: ChildProcess | undefined;

  const revive = async (): Promise<void> => {
    running = spawn('mosquitto', ['-c', file], { env, stdio: 'ignore' });
    for (let tries = 0; !(await answers(port)); tries++) {
      if (tries === 200) {
        throw new Error(`mosquitto does not listen on port ${port}`);
      }
      await sleep(20);
    }
  };
  const kill = async (): Promise<void> => {
    if (running?.exitCode === null && running.signalCode === null) {
      running.kill('SIGKILL');
      await once(running, 'exit');
    }
  };

  await revive();
  const dispose = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, kill, revive, [Symbol.asyncDispose]: dispose };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
