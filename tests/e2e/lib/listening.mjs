// An HTTP server of a test on a free loopback port.

/** Lets `server` listen on `port`, or on a free one; `stop` closes its connections too. */
export async function listening(server, port = 0) {
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const stop = () => new Promise((resolve) => server.close(resolve) && server.closeAllConnections());
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
