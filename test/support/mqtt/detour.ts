import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a port on loopback that tests can cut, for those who go this way alone. */
export interface Detour extends AsyncDisposable {
  readonly port: number;
  /** Breaks off every connection; new ones may be made. */
  cut(): void;
}

export async function startDetour(to: number): Promise<Detour> {
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [end, other] of [[near, far], [far, near]] as const) {
      ends.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        ends.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const end of ends) {
      end.destroy();
    }
  };
  const dispose = async (): Promise<void> => {
    server.close();
    cut();
    await once(server, 'close');
  };
  return { port, cut, [Symbol.asyncDispose]: dispose };
}
