// Measures the gateway: the memory of many event streams, and of one very large answer. Run by hand:
//
//   cargo build --release && COUNTERSIGN_BIN=target/release/countersign node tests/e2e/streams.mjs
//
// It asks for as many open files as there are streams, twice: `ulimit -n 8192`.

import { cpus } from 'node:os';

import { download, openStreams, resident, startLoaded } from './lib/load.mjs';
import { program } from './lib/service.mjs';

const STREAMS = 1000;
const SECONDS = 60;
const LARGE = 1024 ** 3;

const mib = (bytes) => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

console.log(`${program()}, ${cpus().length} × ${cpus()[0].model}, Node.js ${process.version}`);
await measureStreams();
for (const type of ['application/json', 'text/event-stream']) await measureAnswer(type);

async function measureStreams() {
  const loaded = await startLoaded();
  const { child } = loaded.service;
  try {
    // The first streams pay for what all of them share.
    (await openStreams(loaded, 10)).close();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = resident(child);
    const streams = await openStreams(loaded, STREAMS);
    const opened = resident(child);
    const held = await highest(child, SECONDS);
    console.log(`${STREAMS} streams for ${SECONDS} s: resident ${mib(before)} before, ${mib(opened)} when open, ${mib(held)} at most while held`);
    console.log(`  ${kib((held - before) / STREAMS)} a stream; ${streams.events()} events arrived`);
    streams.close();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    console.log(`  ${mib(resident(child))} after they were closed`);
  } finally {
    await loaded.stop();
  }
}

async function measureAnswer(type) {
  const loaded = await startLoaded();
  const { child } = loaded.service;
  try {
    await download(loaded, 1024, type, () => {});
    const before = resident(child);
    let most = before;
    const began = Date.now();
    const arrived = await download(loaded, LARGE, type, () => (most = Math.max(most, resident(child))));
    const seconds = (Date.now() - began) / 1000;
    console.log(`${mib(arrived)} as ${type} in ${seconds.toFixed(1)} s: resident ${mib(before)} before, ${mib(most)} at most, grown by ${mib(most - before)}`);
  } finally {
    await loaded.stop();
  }
}

async function highest(child, seconds) {
  let most = resident(child);
  for (let second = 0; second < seconds; second += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    most = Math.max(most, resident(child));
  }
  return most;
}
