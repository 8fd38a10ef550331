//! The words of `--help` that teach.

use std::fmt::Write as _;

use crate::config::VARIABLES;

pub(super) const ABOUT: &str = "\
Sign in to MCP servers with the identity you already have.

Countersign lets people sign in at the identity provider you already use (Auth0, Google, any OpenID \
Connect provider), gives MCP clients access tokens of its own, and checks these tokens in front of \
MCP servers. Without any configuration it runs on this machine alone, with a demo server and a few \
made-up people to sign in as.";

pub(super) const EXAMPLES: &str = "\
Examples:
  countersign                       run it: http://localhost:8000, demo server at /mcp
  countersign login                 sign in through the browser and call a tool as yourself
  countersign check                 read the configuration and run its examples
  countersign explain --provider dev --claims alice.json
                                    what a person with these claims may do, and why
  countersign client add --name App --redirect https://app.example/callback
                                    register a client by hand
  countersign user list             who signed in; disable or sign out one person
  countersign key list              the signing keys; rotate or retire one
  countersign token create --server demo --user usr_… --scopes read --name CI
                                    a token for a program without a browser
  countersign token inspect < token.txt
                                    why a token is accepted or refused
  countersign backup FILE           the whole database, while the service runs

Configuration: variables (countersign help environment) or a .env file, one
file per identity provider in providers/, one per MCP server in servers/.

Exit codes: 0 good, 1 a finding (refused, not found, failed), 2 misuse or a
fault of the configuration.";

pub(super) const SERVE: &str = "\
Examples:
  countersign serve
  countersign --root /etc/countersign serve
  COUNTERSIGN_LISTEN=localhost:9000 COUNTERSIGN_PUBLIC_URL=http://localhost:9000 countersign serve

Ctrl-C or SIGTERM stops it; requests in flight have 30 seconds to finish, a
second signal cuts them off. Logs go to standard error.

Every variable: countersign help environment";

pub(super) const CHECK: &str = "\
Examples:
  countersign check
  countersign check --json

Touches no network and writes nothing. A fault ends with exit code 2, as it
would at the start of the service.";

pub(super) const EXPLAIN: &str = "\
Examples:
  countersign explain --provider auth0 --claims ann.json
  countersign explain --provider auth0 --claims ann.json --server demo --scope \"read write\"
  echo '{\"sub\":\"1\",\"email\":\"ann@example.com\",\"email_verified\":true}' |
    countersign explain --provider google --claims -

The claims are those of an ID token; issuer, audience and times may be left
out. Exit code 1 when the person is not admitted.";

pub(super) const LOGIN: &str = "\
Examples:
  countersign login
  countersign login --server demo --no-browser
  countersign login --url https://tools.example.com/mcp
  curl -H \"Authorization: Bearer $(countersign login --print-token)\" …

The service must be running. The token is ended again after whoami, unless it
is printed.";

pub(super) const CLIENT: &str = "\
Examples:
  countersign client add --name \"Claude\" --redirect https://claude.ai/api/mcp/auth_callback
  countersign client add --name Backend --redirect https://app.example/cb --confidential basic
  countersign client add --name Desktop --redirect http://127.0.0.1/callback --id desktop
  countersign client list
  countersign client remove desktop

Most MCP clients register themselves and need none of this. The service may run
meanwhile.";

pub(super) const USER: &str = "\
Examples:
  countersign user list
  countersign user show usr_Zk3vT1mYQ9m1b0rJtqk2Vw
  countersign user disable usr_Zk3vT1mYQ9m1b0rJtqk2Vw
  countersign user sign-out usr_Zk3vT1mYQ9m1b0rJtqk2Vw
  countersign user list --json | jq -r '.[] | select(.email == \"ann@example.com\") | .id'

A disabled person is refused at every sign-in and refresh from now on. The
running service refuses their access tokens within seconds. An e-mail address
names nobody: two identities may carry the same one.";

pub(super) const TOKEN: &str = "\
Examples:
  countersign token create --server demo --user usr_Zk3vT1mYQ9m1b0rJtqk2Vw --scopes read --name CI
  countersign token create --server demo --user usr_Zk3vT1mYQ9m1b0rJtqk2Vw --scopes \"read write\" \\
    --name \"Nightly report\" --expires 30d --json | jq -r .token > token.txt
  countersign token list --user usr_Zk3vT1mYQ9m1b0rJtqk2Vw
  countersign token revoke 1aSvJ4gAZSyPSYf9R0QJrQ
  countersign token inspect < token.txt
  countersign login --print-token | countersign token inspect --json

A token is good at one server, for what the person may do there now: whoever is
disabled or no longer admitted loses it, and so does whoever is signed out. The
person must have signed in once. The service may run meanwhile; a revoked token
is refused within five seconds.";

pub(super) const INSPECT: &str = "\
Examples:
  countersign token inspect < token.txt
  countersign login --print-token | countersign token inspect --json

Works on the configuration and the database, without network, and never prints
the token. Exit code 1 when the token is refused. Personal and opaque tokens,
refresh tokens, codes and client secrets are recognised too.";

pub(super) const BACKUP: &str = "\
Examples:
  countersign backup /backup/countersign-$(date +%F).db
  countersign backup backup.db --json

The service may run meanwhile: the file holds everything of one moment, needs
no other file beside it, and is readable by you alone. It appears under its
name once it is complete and was read back. An existing file is never
overwritten. Keep the master key apart from it; one is of no use without the
other. For PostgreSQL see docs/backup.md.";

pub(super) const RESTORE: &str = "\
Examples:
  countersign restore /backup/countersign-2026-11-25.db
  countersign restore --epoch

Stop the service first; while it runs, this refuses. The backup is checked and
brought to this version's schema. The database that is there is kept beside it,
as countersign.db.before-restore.

A backup does not know what was revoked after it was taken. So nothing that was
issued before a restore is worth anything afterwards: sign-ins, connected apps,
personal tokens and signing keys have ended, and people sign in again. --epoch
does only that, after PostgreSQL was restored by its own means.";
pub(super) const KEY: &str = "\
Examples:
  countersign key list
  countersign key rotate
  countersign key rotate --now
  countersign key retire NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs
  countersign key reseal

Signing keys are made, published, used and retired by the service itself: a new
one every 90 days, published 24 hours before it signs, and for 14 days after it
signed last. The service may run meanwhile; every node follows within five
seconds. docs/keys.md has the whole life of a key, and how the master key is
changed.";

pub(super) const ROTATE: &str = "\
The key before it goes on signing until then, and its tokens stay good: it is
published for 14 more days. When a next key is announced already, nothing
changes.

With --now nobody has had the time to learn the key. Guards of ours, and
whoever asks again for an unknown kid, learn it at its first token; a verifier
that only keeps the key set for its ten minutes refuses the new tokens until
then.";

pub(super) const RETIRE: &str = "\
For a key that may be in other hands. It is taken out of the key set, and its
private half out of the database; every node refuses its tokens within ten
seconds, a guard in another process within fifteen minutes. Nobody is signed
out: clients refresh and get tokens under another key. If it was the key that
signs, the announced one signs at once, or a new one is made.

It asks nothing and cannot be undone. A key that is only to be replaced:
countersign key rotate";

pub(super) const RESEAL: &str = "\
Examples:
  COUNTERSIGN_MASTER_KEY=NEW,OLD countersign key reseal
  countersign key reseal --json

Reads every signing key and identity, and seals with the first master key what
another one sealed. The service may run meanwhile, with the same list of keys;
it may be broken off and run again. Exit code 1 when something is left.";

pub(super) const MIGRATE: &str = "\
Examples:
  countersign migrate --from sqlite:data/countersign.db \\
    --to postgres://countersign@db.example/countersign
  COUNTERSIGN_DATABASE_URL=postgres://… countersign migrate --from sqlite:data/countersign.db

Stop the service first; while a node runs on either database, this refuses.
Every row is copied as it is, then every row of both is compared. It may be cut
off at any moment: run it again, and it goes on. What is sealed stays sealed,
so the master key moves along. A password in an argument is seen by other users
of this machine: leave --to out and set COUNTERSIGN_DATABASE_URL, or _FILE. The
other way round works too. Exit code 1 when the two differ in the end.";

pub(super) const TOPIC: &str = "{about}\n{after-help}";

/// Every variable, by its heading.
pub(super) fn environment() -> String {
    let mut text = String::new();
    let mut group = "";
    for variable in VARIABLES {
        if variable.group != group {
            group = variable.group;
            let gap = if text.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{group}:");
        }
        let default = variable.default.map(|value| format!(" = {value}")).unwrap_or_default();
        let _ = writeln!(text, "  {}{default}\n      {}", variable.name, variable.doc);
        if variable.secret {
            let _ = writeln!(text, "      {}_FILE may name a file that holds it.", variable.name);
        }
    }
    text.push_str(
        "\nUnknown COUNTERSIGN_… names are a fault. A .env file in the root folder is read too.",
    );
    text
}
