"""A FastMCP server behind the gateway, which has checked the token and what each tool needs, and says in
headers who calls. Nobody but the gateway may reach this server: anybody else could write the headers."""

import os
from urllib.parse import unquote

from fastmcp import FastMCP
from fastmcp.server.dependencies import get_http_headers

mcp = FastMCP("Greeter")
greetings = {}


def caller(what):
    """`user`, `name`, `email`, `scopes` or `client` of the call; a person may lack a name or an e-mail address."""
    return unquote(get_http_headers().get(f"x-countersign-{what}", ""))


@mcp.tool
def greet() -> str:
    """Greets the person who is signed in."""
    return f"{greetings.get(caller('user'), 'Hello')} {caller('name') or caller('user')}, you may: {caller('scopes')}"


@mcp.tool
def set_greeting(greeting: str) -> str:
    """Changes the word with which you are greeted."""
    greetings[caller("user")] = greeting
    return f"From now on: {greeting}"


if __name__ == "__main__":
    mcp.run(transport="http", host="127.0.0.1", port=int(os.environ.get("PORT", "9001")), path="/mcp")
