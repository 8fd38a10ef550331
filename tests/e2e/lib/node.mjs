// A Node.js that the peers accept: some want 22, the tests themselves run on 20.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** This Node.js if it is new enough, else the one among the test's own packages. */
export function recentNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  return join(packageFolder(`node-${process.platform}-${process.arch}`), 'bin/node');
}

/** The program that a package installs under this name. */
export function packageBin(name, bin) {
  const folder = packageFolder(name);
  return join(folder, require(join(folder, 'package.json')).bin[bin]);
}

const packageFolder = (name) => dirname(require.resolve(`${name}/package.json`));

const require = createRequire(import.meta.url);
