// Runs a program that speaks over standard input and output, and keeps what it is told in a file.
//
//   node tee.mjs FILE PROGRAM [ARGUMENT...]

import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const [file, program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
process.stdin.on('data', (told) => {
  appendFileSync(file, told);
  child.stdin.write(told);
});
process.stdin.on('end', () => child.stdin.end());
child.on('exit', (code) => process.exit(code ?? 1));
