/** Prints its port, then for each line on stdin how many datagrams have come. Ends when stdin closes. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const socket = createSocket('udp4');
let datagrams = 0;
socket.on('message', () => (datagrams += 1));
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
console.log(socket.address().port);
for await (const _line of createInterface({ input: process.stdin })) {
  console.log(datagrams);
}
process.exit(0);
