// An MCP server behind the gateway, which has checked the token and what each tool needs, and says in headers
// who calls. Nobody but the gateway may reach this server: anybody else could write the headers.

import { createMcpExpressApp } from '@modelcontextprotocol/express';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, type ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';

const greetings = new Map<string, string>();

/** `user`, `name`, `email`, `scopes` or `client` of the call; a person may lack a name or an e-mail address. */
function caller({ http }: ServerContext, what: string): string {
  return decodeURIComponent(http!.req!.headers.get(`x-countersign-${what}`) ?? '');
}

function server(): McpServer {
  const server = new McpServer({ name: 'greeter', version: '1.0.0' });
  server.registerTool('greet', { description: 'Greets the person who is signed in.' }, (context) => {
    const [user, name, scopes] = ['user', 'name', 'scopes'].map((what) => caller(context, what));
    return said(`${greetings.get(user!) ?? 'Hello'} ${name || user}, you may: ${scopes}`);
  });
  const change = { description: 'Changes the word with which you are greeted.', inputSchema: z.object({ greeting: z.string() }) };
  server.registerTool('set_greeting', change, ({ greeting }, context) => {
    greetings.set(caller(context, 'user'), greeting);
    return said(`From now on: ${greeting}`);
  });
  return server;
}

const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });

const app = createMcpExpressApp(); // answers to loopback names only
const mcp = toNodeHandler(createMcpHandler(server));
app.all('/mcp', (request, response) => void mcp(request, response, request.body));
const port = Number(process.env.PORT ?? 9001);
app.listen(port, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`));
