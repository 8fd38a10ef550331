// The forms of a page, read without a browser: enough for pages that work without JavaScript.

/** Every form of the page with its hidden fields and its buttons. */
export function forms(html) {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gis)].map(([, head, body]) => {
    const { action = '', method = 'get' } = attributes(head);
    const inputs = [...body.matchAll(/<input\b([^>]*)>/gi)].map(([, text]) => attributes(text));
    const buttons = [...body.matchAll(/<button\b([^>]*)>/gi)].map(([, text]) => attributes(text));
    return { action, method: method.toLowerCase(), inputs, buttons };
  });
}

/** The form that holds a button of this name and value. */
export function formWithButton(html, name, value) {
  return forms(html).find((form) => form.buttons.some((button) => button.name === name && button.value === value));
}

/** The fields a browser would send when that button is pressed. */
export function fields(form, name, value) {
  const filled = form.inputs.filter((input) => input.name && !['submit', 'button', 'checkbox', 'radio'].includes(input.type));
  return new URLSearchParams([...filled.map((input) => [input.name, input.value ?? '']), [name, value]]);
}

const attributes = (text) =>
  Object.fromEntries(
    [...text.matchAll(/([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)].map(([, name, a, b, c]) => [
      name.toLowerCase(),
      decode(a ?? b ?? c ?? ''),
    ]),
  );

const decode = (text) =>
  text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&(quot|apos|lt|gt|amp);/g, (_, name) => ({ quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' })[name]);
