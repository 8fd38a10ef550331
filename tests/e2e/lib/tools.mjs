// What the demo server's tools answer, read the same way for every client.

/** The text of a tool's answer. */
export const text = (result) => (result.content ?? []).map((part) => part.text ?? '').join('\n');

/** The structured answer of a tool, or its text read as JSON. */
export const facts = (result) => result.structuredContent ?? JSON.parse(text(result));
