// Stands in for https://apis.google.com/js/api.js, which a test without the internet cannot reach. It does
// what the Firebase SDK asks of `gapi.iframes`, on both sides: in our page, and in the emulator's frame,
// which answers the page through the same script. It proves nothing about Google's own file.

(() => {
  const handlers = new Map();
  const waiting = new Map();
  const handled = new Set();
  let last = 0;

  // Sent until it is answered: the other side may not be listening yet.
  function ask(target, type, data, answered) {
    const id = ++last;
    waiting.set(id, answered);
    const again = () => {
      if (!waiting.has(id)) return;
      target().postMessage({ gapi: 'ask', id, type, data }, '*');
      setTimeout(again, 200);
    };
    again();
  }

  async function heard({ source, data }) {
    if (data?.gapi === 'answer') return answered(data);
    if (data?.gapi !== 'ask') return undefined;
    const answer = (result) => source.postMessage({ gapi: 'answer', id: data.id, result }, '*');
    if (data.type === 'ping') return answer('pong');
    const handler = handlers.get(data.type);
    if (!handler || handled.has(data.id)) return undefined;
    handled.add(data.id);
    return answer(await handler(data.data));
  }

  function answered({ id, result }) {
    const then = waiting.get(id);
    waiting.delete(id);
    then?.(result);
  }

  const frame = (target) => ({
    restyle: () => Promise.resolve(),
    ping: (then) => new Promise((resolve) => ask(target, 'ping', {}, (result) => (then?.(result), resolve(result)))),
    register: (type, handler) => handlers.set(type, handler),
    send: (type, data, then) => ask(target, type, data, (result) => then?.([result])),
  });

  async function open({ attributes = {}, url, where }, opened) {
    const element = document.createElement('iframe');
    for (const [name, value] of Object.entries(attributes)) {
      if (name === 'style') Object.assign(element.style, value);
      else element.setAttribute(name, value);
    }
    element.src = url;
    where.appendChild(element);
    return opened(frame(() => element.contentWindow));
  }

  window.addEventListener('message', heard);
  window.gapi = {
    load: (_, then) => setTimeout(typeof then === 'function' ? then : then.callback, 0),
    iframes: {
      Iframe: function Iframe() {},
      CROSS_ORIGIN_IFRAMES_FILTER: () => true,
      getContext: () => ({ open, getParentIframe: () => frame(() => window.parent) }),
    },
  };
  const loaded = new URL(document.currentScript.src).searchParams.get('onload');
  if (loaded) window[loaded]?.();
  else window.gapi_onload?.();
})();
