"""A FastMCP server that tells what it sees: who called, with which headers, and which calls were cancelled.

python tools.py PORT [ISSUER AUDIENCE]: with an issuer it lets in only who brings a JWT of that issuer for it.
"""

import sys

import anyio
from fastmcp import Context, FastMCP
from fastmcp.server.auth import JWTVerifier
from fastmcp.server.dependencies import get_access_token, get_http_headers

port, *trust = sys.argv[1:]
auth = JWTVerifier(jwks_uri=f"{trust[0]}/jwks", issuer=trust[0], audience=trust[1], algorithm="ES256") if trust else None
mcp = FastMCP("Tools", auth=auth)
cancelled = []


@mcp.tool
def whoami() -> dict:
    """Every header of the call, and the claims of the JWT if one was verified."""
    token = get_access_token()
    return {"headers": get_http_headers(include_all=True), "claims": token.claims if token else None}


@mcp.tool
async def count(to: int, context: Context) -> str:
    """Counts, and says how far it is."""
    for step in range(1, to + 1):
        await context.report_progress(step, to)
        await anyio.sleep(0.02)
    return f"counted to {to}"


@mcp.tool
async def wait(name: str, context: Context) -> str:
    """Waits until it is cancelled."""
    try:
        await context.report_progress(0, 1)
        await anyio.sleep(60)
    except anyio.get_cancelled_exc_class():
        cancelled.append(name)
        raise
    return "nobody cancelled"


@mcp.tool
def cancellations() -> list[str]:
    """The calls that were cancelled."""
    return cancelled


@mcp.tool
def write_note(text: str) -> str:
    """Writes a note."""
    return f"wrote {text}"


@mcp.tool
def drop_everything() -> str:
    """What no rule allows."""
    return "dropped"


mcp.run(transport="http", host="127.0.0.1", port=int(port), path="/mcp", show_banner=False)
