// Tools, resources and prompts that answer at once.

import { setTimeout as pause } from 'node:timers/promises';

import { completable, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=';

const text = (words) => ({ type: 'text', text: words });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
const resource = (uri, mimeType, words) => ({ type: 'resource', resource: { uri, mimeType, text: words } });

/** Registers all of them. */
export function addContent(server) {
  addTools(server);
  addLiveTools(server);
  addResources(server);
  addPrompts(server);
}

function addTools(server) {
  const answers = {
    test_simple_text: [text('This is a simple text response for testing.')],
    test_image_content: [image],
    test_audio_content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
    test_embedded_resource: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
    test_multiple_content_types: [text('Multiple content types test:'), image, resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}')],
  };
  for (const [name, content] of Object.entries(answers)) server.registerTool(name, { description: `Answers with ${content.length} parts` }, () => ({ content }));
  server.registerTool('test_error_handling', { description: 'Always fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
}

function addLiveTools(server) {
  server.registerTool('test_tool_with_logging', { description: 'Logs while it works' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'Tool execution started');
    await pause(50);
    await mcpReq.log('info', 'Tool processing data');
    await pause(50);
    await mcpReq.log('info', 'Tool execution completed');
    return { content: [text('done')] };
  });
  server.registerTool('test_tool_with_progress', { description: 'Says how far it is' }, async ({ mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      await pause(50);
    }
    return { content: [text('done')] };
  });
  server.registerTool('test_reconnection', { description: 'Closes its stream while it works' }, async ({ http }) => {
    await pause(100);
    http?.closeSSE?.();
    await pause(100);
    return { content: [text('reconnected')] };
  });
}

function addResources(server) {
  const meta = (mimeType) => ({ description: 'A resource', mimeType });
  server.registerResource('text', 'test://static-text', meta('text/plain'), ({ href: uri }) => ({ contents: [{ uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }] }));
  server.registerResource('binary', 'test://static-binary', meta('image/png'), ({ href: uri }) => ({ contents: [{ uri, mimeType: 'image/png', blob: PNG }] }));
  server.registerResource('watched', 'test://watched-resource', meta('text/plain'), ({ href: uri }) => ({ contents: [{ uri, mimeType: 'text/plain', text: 'watched' }] }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  server.registerResource('template', template, meta('application/json'), ({ href: uri }, { id }) => ({
    contents: [{ uri, mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) }],
  }));
  for (const method of ['resources/subscribe', 'resources/unsubscribe']) server.server.setRequestHandler(method, () => ({}));
}

function addPrompts(server) {
  const messages = (...parts) => ({ messages: parts.map((content) => ({ role: 'user', content })) });
  server.registerPrompt('test_simple_prompt', { description: 'Simple' }, () => messages(text('This is a simple prompt for testing.')));
  const word = (name) => completable(z.string().describe(name), (begun) => ['paris', 'park', 'party'].filter((one) => one.startsWith(begun)));
  server.registerPrompt('test_prompt_with_arguments', { description: 'Two arguments', argsSchema: z.object({ arg1: word('first'), arg2: word('second') }) }, ({ arg1, arg2 }) => messages(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)));
  server.registerPrompt('test_prompt_with_embedded_resource', { description: 'A resource', argsSchema: z.object({ resourceUri: z.string() }) }, ({ resourceUri }) =>
    messages(resource(resourceUri, 'text/plain', 'Embedded resource content for testing.'), text('Please process the embedded resource above.')),
  );
  server.registerPrompt('test_prompt_with_image', { description: 'An image' }, () => messages(image, text('Please analyze the image above.')));
}
