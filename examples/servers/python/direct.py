"""A FastMCP server that checks Countersign's access tokens itself.

ISSUER is Countersign's public URL, RESOURCE the URL by which clients reach this server: the same as in
its file in servers/, and the `aud` of its tokens.
"""

import json
import os
from urllib.parse import urlsplit

from fastmcp import FastMCP
from fastmcp.server.auth import JWTVerifier, RemoteAuthProvider, require_scopes
from fastmcp.server.dependencies import get_access_token
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse

ISSUER = os.environ.get("ISSUER", "http://localhost:8000")
RESOURCE = os.environ.get("RESOURCE", "http://127.0.0.1:9000/mcp")
HERE = urlsplit(RESOURCE)

# Signature, `iss`, `aud` and `exp` of every token.
verifier = JWTVerifier(jwks_uri=f"{ISSUER}/jwks", issuer=ISSUER, audience=RESOURCE, algorithm="ES256")

# 401 with the way to sign in, and the metadata that it points to.
auth = RemoteAuthProvider(
    token_verifier=verifier,
    authorization_servers=[ISSUER],  # as text: an AnyHttpUrl adds a slash, and issuers are compared byte by byte
    base_url=f"{HERE.scheme}://{HERE.netloc}",
    scopes_supported=["read", "write"],
    required_scopes=["read"],
    challenge_scopes=["read", "write"],
)
mcp = FastMCP("Greeter", auth=auth)
greetings = {}


@mcp.tool
def greet() -> str:
    """Greets the person who is signed in."""
    token = get_access_token()
    name = token.claims.get("name") or token.subject
    return f"{greetings.get(token.subject, 'Hello')} {name}, you may: {' '.join(token.scopes)}"


@mcp.tool(auth=require_scopes("write"))
def set_greeting(greeting: str) -> str:
    """Changes the word with which you are greeted."""
    greetings[get_access_token().subject] = greeting
    return f"From now on: {greeting}"


class StepUp:
    """Answers 403 with a challenge where a call needs more scopes than its token has, so that the
    client asks the person for them. FastMCP itself answers as if there were no such tool."""

    NEEDS = {"set_greeting": ["write"]}

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        user = scope.get("user")
        if scope["type"] != "http" or scope["method"] != "POST" or not isinstance(user, AuthenticatedUser):
            return await self.app(scope, receive, send)
        body = await Request(scope, receive).body()
        needed = {name for tool in called(body) for name in self.NEEDS.get(tool, [])}
        if not needed <= set(user.scopes):
            return await challenge(needed)(scope, receive, send)
        await self.app(scope, again(body, receive), send)


def called(body):
    """The tools that a request calls; older clients send several messages at once."""
    try:
        messages = json.loads(body)
    except ValueError:
        return []
    messages = [one for one in (messages if isinstance(messages, list) else [messages]) if isinstance(one, dict)]
    return [str((one.get("params") or {}).get("name")) for one in messages if one.get("method") == "tools/call"]


def challenge(needed):
    metadata = f"{HERE.scheme}://{HERE.netloc}/.well-known/oauth-protected-resource{HERE.path}"
    said = f'Bearer error="insufficient_scope", scope="{" ".join(sorted(needed))}", resource_metadata="{metadata}"'
    return JSONResponse({"error": "insufficient_scope"}, 403, {"WWW-Authenticate": said})


def again(body, receive):
    """Gives out a body that was read, then whatever else arrives."""
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message():
        return unread.pop() if unread else await receive()

    return next_message


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "9000"))
    mcp.run(transport="http", host="127.0.0.1", port=port, path=HERE.path, middleware=[Middleware(StepUp)])
