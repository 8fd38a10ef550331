// The Firebase Auth emulator alone, out of npm `firebase-tools`: no command line, no hub, no download.
//
//   node firebase-emulator.cjs PORT PROJECT
//
// It prints `READY <url>` when it answers.

const { join } = require('node:path');

// Without this it asks the network for a message of the day.
process.env.CI = '1';

const emulator = (module) => require(join(__dirname, '../firebase/node_modules/firebase-tools/lib/emulator/auth', module));

// What a sign-in, its verification and its revocation need. Compiling the whole description of the
// service takes ten seconds of CPU; this takes two.
const NEEDED = [
  /^\/v1\/accounts:(lookup|signInWithIdp|signUp|signInWithPassword|signInWithCustomToken|update|createAuthUri|sendOobCode)$/,
  /^\/v1\/token$/,
  /^\/v1\/projects$/,
  /^\/v1\/projects\/\{targetProjectId\}(:createSessionCookie|\/accounts:(query|lookup|update))$/,
  /^\/v2\/projects\/\{targetProjectId\}\/tenants$/,
  /^\/emulator\/v1\/projects\/\{targetProjectId\}\/(accounts|config|oobCodes)$/,
];

async function main([port, projectId]) {
  const { paths } = emulator('apiSpec.js').default;
  for (const path of Object.keys(paths)) if (!NEEDED.some((needed) => needed.test(path))) delete paths[path];
  const { AuthEmulator, SingleProjectMode } = emulator('index.js');
  await new AuthEmulator({ host: '127.0.0.1', port: Number(port), projectId, singleProjectMode: SingleProjectMode.NO_WARNING }).start();
  console.log(`READY http://127.0.0.1:${port}`);
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));

main(process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exit(1);
});
