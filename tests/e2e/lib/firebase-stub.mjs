// Takes the place of the Firebase SDK in a page: signing in fails with a code, or hands over a token.

/**
 * Serves the stand-in to the pages of `context`. `code` is what the popup throws; else `token` is asked
 * for the ID token, when the person presses the button.
 */
export async function handsOver(context, { code, token = () => 'a.b.c' }) {
  await context.exposeFunction('tokenOfTheTest', token);
  await context.route('**/static/firebase-auth.js*', (route) => route.fulfill({ contentType: 'text/javascript', body: sdk(code) }));
}

// The names that the page imports.
const sdk = (code) => `
  class Provider { setCustomParameters() {} }
  export { ${['Facebook', 'Github', 'Google', 'Twitter'].map((name) => `Provider as ${name}AuthProvider`).join(', ')}, Provider as OAuthProvider, Provider as SAMLAuthProvider };
  export const browserPopupRedirectResolver = {}, inMemoryPersistence = {}, initializeAuth = () => ({}), connectAuthEmulator = () => {};
  export const getRedirectResult = async () => null, signInWithRedirect = async () => {}, signOut = async () => {};
  export async function signInWithPopup() {
    const code = ${JSON.stringify(code ?? null)};
    if (code) throw Object.assign(new Error(code), { code });
    return { user: { getIdToken: () => tokenOfTheTest() } };
  }`;
