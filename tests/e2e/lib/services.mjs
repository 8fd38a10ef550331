// The services whose pages are photographed and inspected, each started when the first page needs it.

import { startFirebaseService } from './firebase-service.mjs';
import { freePort } from './ports.mjs';
import { startService } from './service.mjs';

/** `get(kind)` starts or returns one; `stop()` ends all. */
export class Services {
  #started = new Map();

  get(kind = 'plain') {
    if (!this.#started.has(kind)) this.#started.set(kind, START[kind]());
    return this.#started.get(kind);
  }

  async stop() {
    for (const service of await Promise.allSettled(this.#started.values())) await service.value?.stop();
  }
}

// Nothing listens at that emulator: the pages are shown without a sign-in there.
const START = {
  plain: () => startService(),
  firebase: async () => startFirebaseService(['mode = "sdk"', 'sign_in = ["google.com", "github.com"]', `emulator = "127.0.0.1:${await freePort()}"`]),
};
