// The Python of the tests, with FastMCP: scripts/test.sh made it from python/requirements.txt.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from './service.mjs';

/** The interpreter that has the packages. */
export function python() {
  const path = join(repository, 'tests/e2e/python/.venv/bin/python');
  if (!existsSync(path)) throw new Error(`${path} is missing: scripts/test.sh makes it`);
  return path;
}
