// Google's OpenID endpoints as Countersign meets them: Google's own issuer name in the tokens, keys at
// another address, `azp`, `email_verified`, and `hd` for accounts of a Workspace.

import { CLIENT, startIssuer } from './mock-issuer.mjs';

export { CLIENT };

/** Starts it; `account` is who signs in, with Google's claims. */
export async function startGoogle(account) {
  const google = await startIssuer({ issuer: 'https://accounts.google.com', person: withParty(account) });
  const endpoints = { authorization: `${google.url}/authorize`, token: `${google.url}/token`, jwks: `${google.url}/jwks` };
  return Object.assign(google, { endpoints });
}

/** A private account with a verified address; `hd` and the like come on top. */
export const account = (sub, name, more = {}) => ({ sub, name, email: `${name.split(' ')[0].toLowerCase()}@gmail.com`, email_verified: true, ...more });

const withParty = (account) => ({ ...account, azp: CLIENT.id });
