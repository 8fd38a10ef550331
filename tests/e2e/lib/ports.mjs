// Free loopback ports, for services that must be told where to listen before they start.

import { createServer } from 'node:net';

/** A port free on 127.0.0.1 and, where the machine has it, on [::1]. */
export async function freePort() {
  for (;;) {
    const first = await listen(0, '127.0.0.1');
    const { port } = first.address();
    const second = await listen(port, '::1').catch((error) => error);
    const taken = second.code === 'EADDRINUSE';
    await close(first);
    if (second.listening) await close(second);
    if (!taken) return port;
  }
}

const listen = (port, host) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(port, host, () => resolve(server));
  });

const close = (server) => new Promise((resolve) => server.close(resolve));
