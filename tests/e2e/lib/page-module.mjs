// Imports a module of a page without a browser: what the service serves under /static lies in templates/firebase.

import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { repository } from './service.mjs';

const folder = pathToFileURL(join(repository, 'templates/firebase/'));

/** The exports of `templates/firebase/<name>`; its imports from `/static` are the committed SDK. */
export function importPageModule(name) {
  register(`data:text/javascript,${encodeURIComponent(hooks(folder))}`);
  return import(new URL(name, folder));
}

// The files have no package.json that would call them modules.
const hooks = ({ href }) => `
  export function resolve(specifier, context, next) {
    const served = specifier.match(/^\\/static\\/([^?]+)/);
    return served ? next(${JSON.stringify(href)} + served[1], context) : next(specifier, context);
  }
  export function load(url, context, next) {
    return next(url, url.startsWith(${JSON.stringify(href)}) ? { ...context, format: 'module' } : context);
  }`;
