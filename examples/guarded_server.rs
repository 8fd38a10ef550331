//! An MCP server of your own, protected by a running Countersign.
//!
//! Start Countersign with a file `servers/guarded.toml` beside `servers/demo.toml`:
//!
//! ```toml
//! path     = "/guarded"
//! name     = "The guarded example"
//! upstream = "http://127.0.0.1:9000/mcp"
//!
//! [[scope]]
//! name = "read"
//! says = "Read what the example knows"
//! ```
//!
//! then run this, and connect any MCP client to `http://127.0.0.1:9000/mcp`:
//!
//! ```text
//! COUNTERSIGN_SERVERS=demo,guarded cargo run
//! cargo run --example guarded_server
//! ```
