// Child processes: started with a clean environment, watched by their output, stopped by their handle.

import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Starts a program and keeps what it prints in `child.output`. */
export function start(program, args, { cwd, env = {} } = {}) {
  const child = spawn(program, args, { cwd, env: { ...plainEnvironment(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  child.output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => (child.output[stream] += text));
  }
  child.ended = once(child, 'close').then(([code]) => code);
  child.ended.catch(() => {});
  return child;
}

/** The first match of `pattern` in what the child prints; fails when it ends or `seconds` pass. */
export async function printed(child, pattern, seconds = 30) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const match = everything(child).match(pattern);
    if (match) return match;
    if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode} before ${pattern}\n${everything(child)}`);
    if (Date.now() > deadline) throw new Error(`no ${pattern} within ${seconds} s\n${everything(child)}`);
    await pause(20);
  }
}

/** The exit code; a child that outlives `seconds` is killed and reported. */
export async function exitCode(child, seconds = 60) {
  const code = await Promise.race([child.ended, pause(seconds * 1000, 'late')]);
  if (code !== 'late') return code;
  await stop(child);
  throw new Error(`still running after ${seconds} s\n${everything(child)}`);
}

/** Asks the child to end, and insists after five seconds. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  if ((await Promise.race([child.ended, pause(5000, 'late')])) !== 'late') return;
  child.kill('SIGKILL');
  await child.ended;
}

/** Asks again and again until it `holds`; fails after `seconds` and says what did not come. */
export async function until(holds, what, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`within ${seconds} s it did not come: ${what}`);
    await pause(100);
  }
}

/** Everything the child printed so far. */
export const everything = (child) => child.output.stdout + child.output.stderr;

/** Resolves to `value` after `ms`, without keeping the process alive. */
export const pause = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value).unref?.());

// No variable of the person who runs the tests may configure what is tested.
function plainEnvironment() {
  const { PATH, HOME, TMPDIR } = process.env;
  return Object.fromEntries(Object.entries({ PATH, HOME, TMPDIR }).filter(([, value]) => value !== undefined));
}
