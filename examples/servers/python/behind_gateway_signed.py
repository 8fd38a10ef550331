"""A FastMCP server behind the gateway that takes nobody's word: with each call the gateway sends a JWT of
its own, for this server alone, and FastMCP verifies it. Whoever else reaches the server is refused.

ISSUER is Countersign's public URL, UPSTREAM the URL by which the gateway reaches this server: the same as in
its file in servers/, and the `aud` of the JWT.
"""

import os
from urllib.parse import urlsplit

from fastmcp import FastMCP
from fastmcp.server.auth import JWTVerifier
from fastmcp.server.dependencies import get_access_token

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:9001/mcp")

mcp = FastMCP("Greeter", auth=JWTVerifier(jwks_uri=f"{ISSUER}/jwks", issuer=ISSUER, audience=UPSTREAM, algorithm="ES256"))
greetings = {}


@mcp.tool
def greet() -> str:
    """Greets the person who is signed in."""
    token = get_access_token()
    name = token.claims.get("name") or token.subject
    return f"{greetings.get(token.subject, 'Hello')} {name}, you may: {' '.join(token.scopes)}"


@mcp.tool
def set_greeting(greeting: str) -> str:
    """Changes the word with which you are greeted."""
    greetings[get_access_token().subject] = greeting
    return f"From now on: {greeting}"


if __name__ == "__main__":
    here = urlsplit(UPSTREAM)
    mcp.run(transport="http", host="127.0.0.1", port=int(os.environ.get("PORT", "9001")), path=here.path)
