// Countersign with a Firebase project as its only provider.

import { PROJECT } from '../providers/firebase.mjs';
import { startService } from './service.mjs';

/** Starts it; `lines` are further lines of `providers/firebase.toml`, before its rules. */
export const startFirebaseService = (lines) =>
  startService({ env: { COUNTERSIGN_PROVIDERS: 'firebase' }, files: { 'providers/firebase.toml': providerFile(lines) } });

/** A step: say at the confirmation that this is the account. */
export const confirm = (page) => page.click('button[name=confirm]');

const providerFile = (lines) => `
kind = "firebase"
label = "Continue with Firebase"
project = "${PROJECT}"
api_key = "not-a-secret"
auth_domain = "${PROJECT}.firebaseapp.com"
${lines.join('\n')}

[[grant]]
scopes = ["read"]

[[grant]]
when = { email = "ada@example.com" }
scopes = ["read", "write", "admin"]
`;
