// Tools for what 2026-07-28 adds: parameters that headers repeat, capabilities that a tool relies on,
// subscriptions.

import { fromJsonSchema, inputRequired } from '@modelcontextprotocol/server';

const done = { content: [{ type: 'text', text: 'done' }] };

/** Registers all of them; `changed` tells the open subscriptions of a change of tools or prompts. */
export function addNewer(server, changed) {
  addSchemas(server);
  addRelying(server);
  server.registerTool('test_trigger_tool_change', { description: 'Changes the tools' }, () => {
    changed().toolsChanged();
    return done;
  });
  server.registerTool('test_trigger_prompt_change', { description: 'Changes the prompts' }, () => {
    changed().promptsChanged();
    return done;
  });
}

function addSchemas(server) {
  const region = { type: 'string', description: 'Repeated by a header', 'x-mcp-header': 'Region' };
  server.registerTool('test_custom_header', { description: 'A header repeats its argument', inputSchema: fromJsonSchema({ type: 'object', properties: { region } }) }, () => done);
  server.registerTool('json_schema_2020_12_tool', { description: 'Tool with JSON Schema 2020-12 features', inputSchema: fromJsonSchema(CONTACT) }, () => done);
}

const string = { type: 'string' };

const CONTACT = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: string, city: string } } },
  properties: { name: string, address: { $ref: '#/$defs/address' }, contactMethod: { type: 'string', enum: ['phone', 'email'] }, phone: string, email: string },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

function addRelying(server) {
  // The SDK asks nothing of a client that has not declared that it can answer: -32021.
  const ask = inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }], maxTokens: 10 });
  server.registerTool('test_missing_capability', { description: 'Relies on sampling' }, ({ mcpReq }) => (mcpReq.inputResponses ? done : inputRequired({ inputRequests: { ask } })));
  server.registerTool('test_streaming_elicitation', { description: 'Streams before it answers' }, async ({ mcpReq }) => {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: mcpReq._meta?.progressToken ?? 'none', progress: 1 } });
    return done;
  });
  server.registerTool('test_logging_tool', { description: 'Logs if asked to' }, async ({ mcpReq }) => {
    await mcpReq.log('info', 'at work');
    return done;
  });
}
