// Tools and a prompt that ask the client something first: input-required results in 2026-07-28, which the
// SDK turns into requests to the client in the older eras.

import { acceptedContent, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { z } from 'zod';

const text = (words) => ({ content: [{ type: 'text', text: words }] });
const form = (properties) => ({ type: 'object', properties, required: Object.keys(properties) });
const askName = (message = 'What is your name?') => inputRequired.elicit({ message, requestedSchema: form({ name: { type: 'string' } }) });
const askModel = (words, maxTokens) => inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens });

/** Registers all of them; `states` seals what the client carries between the rounds. */
export function addQuestions(server, states) {
  addSampling(server);
  addElicitations(server);
  addSingleRounds(server);
  addStatefulRounds(server, states);
}

function addSampling(server) {
  server.registerTool('test_sampling', { description: 'Asks the model', inputSchema: z.object({ prompt: z.string() }) }, ({ prompt }, { mcpReq }) => {
    const { result } = inputResponse(mcpReq.inputResponses, 'answer');
    return result ? text(`LLM response: ${result.content.text}`) : inputRequired({ inputRequests: { answer: askModel(prompt, 100) } });
  });
}

const ENUMS = {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: { type: 'string', oneOf: titled('const', ['First', 'Second', 'Third'], 'Option') },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
  titledMulti: { type: 'array', items: { anyOf: titled('const', ['First', 'Second', 'Third'], 'Choice') } },
};

const DEFAULTS = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};

function titled(key, ordinals, noun) {
  return ordinals.map((ordinal, index) => ({ [key]: `value${index + 1}`, title: `${ordinal} ${noun}` }));
}

function addElicitations(server) {
  const user = { username: { type: 'string', description: "User's response" }, email: { type: 'string', description: "User's email address" } };
  addElicitation(server, 'test_elicitation', form(user), 'User response:', { inputSchema: z.object({ message: z.string() }) });
  addElicitation(server, 'test_elicitation_sep1034_defaults', { type: 'object', properties: DEFAULTS, required: [] }, 'Elicitation completed:');
  addElicitation(server, 'test_elicitation_sep1330_enums', { type: 'object', properties: ENUMS, required: [] }, 'Elicitation completed:');
}

function addElicitation(server, name, requestedSchema, says, more = { inputSchema: z.object({}) }) {
  server.registerTool(name, { description: 'Asks the person', ...more }, ({ message = 'Please fill in' }, { mcpReq }) => {
    const { kind, action, content } = inputResponse(mcpReq.inputResponses, 'form');
    if (kind !== 'elicit') return inputRequired({ inputRequests: { form: inputRequired.elicit({ message, requestedSchema }) } });
    return text(`${says} action=${action}, content=${JSON.stringify(content ?? {})}`);
  });
}

function addSingleRounds(server) {
  tool(server, 'elicitation', (answers) => {
    const name = acceptedContent(answers, 'user_name', z.object({ name: z.string() }))?.name;
    return name ? text(`Hello, ${name}!`) : inputRequired({ inputRequests: { user_name: askName() } });
  });
  tool(server, 'sampling', (answers) => {
    const { result } = inputResponse(answers, 'capital_question');
    return result ? text(result.content.text) : inputRequired({ inputRequests: { capital_question: askModel('What is the capital of France?', 100) } });
  });
  tool(server, 'list_roots', (answers) => {
    const { roots } = inputResponse(answers, 'client_roots');
    return roots ? text(roots.map(({ uri }) => uri).join(' ')) : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
  });
  tool(server, 'capabilities', (answers, { mcpReq }) => {
    const able = mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? {};
    const inputRequests = { ...(able.elicitation && { user_name: askName() }), ...(able.sampling && { greeting: askModel('Generate a greeting', 50) }) };
    return answers || Object.keys(inputRequests).length === 0 ? text('complete') : inputRequired({ inputRequests });
  });
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks for its context' }, ({ mcpReq }) => {
    const context = acceptedContent(mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }))?.context;
    if (context) return { messages: [{ role: 'user', content: { type: 'text', text: context } }] };
    return inputRequired({ inputRequests: { user_context: inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema: form({ context: { type: 'string' } }) }) } });
  });
}

function addStatefulRounds(server, states) {
  const confirm = () => inputRequired.elicit({ message: 'Please confirm', requestedSchema: form({ ok: { type: 'boolean' } }) });
  for (const name of ['request_state', 'tampered_state']) {
    tool(server, name, async (answers, { mcpReq }) =>
      answers && mcpReq.requestState() ? text('state-ok') : inputRequired({ inputRequests: { confirm: confirm() }, requestState: await states.mint({ round: 1 }) }),
    );
  }
  tool(server, 'multiple_inputs', async (answers, { mcpReq }) => {
    const inputRequests = { user_name: askName(), greeting: askModel('Generate a greeting', 50), client_roots: inputRequired.listRoots() };
    const complete = mcpReq.requestState() && Object.keys(inputRequests).every((key) => inputResponse(answers, key).kind !== 'missing');
    return complete ? text('complete') : inputRequired({ inputRequests, requestState: await states.mint({ round: 1 }) });
  });
  tool(server, 'multi_round', async (answers, { mcpReq }) => {
    const round = mcpReq.requestState()?.round ?? 0;
    if (round >= 2 && acceptedContent(answers, 'step2')) return text('complete');
    const color = inputRequired.elicit({ message: 'Step 2: What is your favorite color?', requestedSchema: form({ color: { type: 'string' } }) });
    const next = round >= 1 && acceptedContent(answers, 'step1') ? { round: 2, inputRequests: { step2: color } } : { round: 1, inputRequests: { step1: askName('Step 1: What is your name?') } };
    return inputRequired({ inputRequests: next.inputRequests, requestState: await states.mint({ round: next.round }) });
  });
}

function tool(server, name, answer) {
  server.registerTool(`test_input_required_result_${name}`, { description: 'Asks the client first' }, (context) => answer(context.mcpReq.inputResponses, context));
}
