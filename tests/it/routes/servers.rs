//! The servers that the table is about, as files.

use crate::{
    gateway::{PYTHON, upstream::Upstream},
    harness::Setup,
};

/// What the demo server asks about tokens by.
pub(super) const SECRET: &str = "the-secret-of-the-demo-server-here";

/// A static token of the demo server, which is somebody's who is no user.
pub(super) const FIXED: &str = "test-token";
const FIXED_TOKEN: &str = "[[token]]\n\
    sha256 = \"4c5dc9b7708905f77f5e5d16316b5dfb425e68cb326dcd55a860e90a7707031e\" # test-token\n\
    user = \"ci\"\nscopes = [\"read\"]\n";

/// A server of every sort: the demo, two behind the gateway of which one takes opaque tokens, a program,
/// and one under another host.
pub(super) fn setup(upstream: &Upstream) -> Setup {
    let setup = Setup::new();
    let program = setup.root().join("counted.py");
    let told = setup.root().join("told");
    let command = [PYTHON.as_str(), "-I", "-S", program.to_str().unwrap(), told.to_str().unwrap()];
    let behind = format!("upstream = \"{}\"\n", upstream.url);
    let scopes = "[[scope]]\nname = \"read\"\nsays = \"Read\"\n";
    let at =
        |path: &str, rest: &str| format!("path = \"{path}\"\nname = \"{path}\"\n{rest}{scopes}");
    setup
        .variable("COUNTERSIGN_SERVERS", "demo,tools,files,opaque,named")
        .variable("COUNTERSIGN_ADDRESS_LIMIT", "100000/1h")
        .edit("servers/demo.toml", |text| {
            format!("introspection = {{ secret = \"{SECRET}\" }}\n{text}{FIXED_TOKEN}")
        })
        .file("servers/tools.toml", &at("/tools", &behind))
        .file("servers/files.toml", &at("/files", &format!("command = {command:?}\n")))
        .file("servers/opaque.toml", &at("/opaque", &format!("tokens = \"opaque\"\n{behind}")))
        .file(
            "servers/named.toml",
            &format!(
                "resource = \"http://127.0.0.1:9000/mcp\"\nname = \"Named\"\n{behind}{scopes}"
            ),
        )
        .file("counted.py", COUNTED)
}

/// A program that notes what it is told.
const COUNTED: &str = r#"
import json, sys
told = open(sys.argv[1], "a", buffering=1)
print("started", file=told)
for line in sys.stdin:
    print(line.strip(), file=told)
    message = json.loads(line)
    if "id" in message:
        server = {"name": "counted", "version": "1"}
        result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": server}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"#;
