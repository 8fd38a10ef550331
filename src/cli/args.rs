//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::help;

/// Sign in to MCP servers with the identity you already have.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, about, long_about = help::ABOUT, after_help = help::EXAMPLES)]
#[command(subcommand_help_heading = "Commands", max_term_width = 100)]
pub(super) struct Arguments {
    /// Without a command: serve
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Answer in JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(super) json: bool,
    /// The folder with providers/, servers/, .env and data/
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        default_value = ".",
        help_heading = "Everywhere"
    )]
    pub(super) root: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the service
    #[command(after_help = help::SERVE)]
    Serve,
    /// Read all configuration, run every example, print every fault
    #[command(after_help = help::CHECK)]
    Check,
    /// Show what a person with these claims would get, rule by rule
    #[command(after_help = help::EXPLAIN)]
    Explain(Explain),
    /// Sign in through the browser as an MCP client would, and call whoami
    #[command(after_help = help::LOGIN)]
    Login(Login),
    /// Manage clients known beforehand
    #[command(subcommand, after_help = help::CLIENT)]
    Client(Client),
    /// Look at people, lock them out, sign them out
    #[command(subcommand, after_help = help::USER)]
    User(User),
    /// Make, list and revoke personal access tokens; explain any token
    #[command(subcommand, after_help = help::TOKEN)]
    Token(Token),
    /// Write the database to a new file, while the service runs
    #[command(after_help = help::BACKUP)]
    Backup {
        /// The file; it must not be there yet
        path: PathBuf,
    },
    /// Go back to a backup; whatever was issued before has ended
    #[command(after_help = help::RESTORE)]
    Restore(Restore),
    /// Look at the signing keys, change them, seal them anew
    #[command(subcommand, after_help = help::KEY)]
    Key(Key),
    /// Move everything to another database engine, and compare it row by row
    #[command(after_help = help::MIGRATE)]
    Migrate(Migrate),
    /// Show every environment variable
    #[command(after_long_help = help::environment(), help_template = help::TOPIC)]
    Environment,
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// The database to move, such as sqlite:data/countersign.db
    #[arg(long, value_name = "URL")]
    pub(super) from: String,
    /// Where to, such as `postgres://countersign@db.example/countersign`; `COUNTERSIGN_DATABASE_URL` when left out
    #[arg(long, value_name = "URL")]
    pub(super) to: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The file that backup wrote
    #[arg(required_unless_present = "epoch", conflicts_with = "epoch")]
    pub(super) path: Option<PathBuf>,
    /// Only end what was issued before, in a database that was restored by other means
    #[arg(long)]
    pub(super) epoch: bool,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The provider: the stem of its file in providers/
    #[arg(long, value_name = "ID")]
    pub(super) provider: String,
    /// A JSON file with the claims of an ID token; - reads them from standard input
    #[arg(long, value_name = "FILE")]
    pub(super) claims: PathBuf,
    /// Only at this server: the stem of its file in servers/
    #[arg(long, value_name = "ID")]
    pub(super) server: Option<String>,
    /// And what this client would get
    #[arg(long, value_name = "ID")]
    pub(super) client: Option<String>,
    /// The scopes the client asks for, separated by spaces; everything when left out
    #[arg(long, value_name = "SCOPES")]
    pub(super) scope: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Login {
    /// The server: the stem of its file in servers/; the first one when left out
    #[arg(long, value_name = "ID", conflicts_with = "url")]
    pub(super) server: Option<String>,
    /// The URL of any MCP server, instead of one of the configuration
    #[arg(long, value_name = "URL")]
    pub(super) url: Option<String>,
    /// The scopes to ask for, separated by spaces; what the server names when left out
    #[arg(long, value_name = "SCOPES")]
    pub(super) scope: Option<String>,
    /// Print the access token, and nothing else, on standard output; keep it valid
    #[arg(long)]
    pub(super) print_token: bool,
    /// Only print the address; open no browser
    #[arg(long)]
    pub(super) no_browser: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Client {
    /// Register a client; prints its id and, once, its secret
    Add(ClientAdd),
    /// List every client
    List,
    /// Show one client
    Show {
        /// Its id
        id: String,
    },
    /// Forget a client and end everything that was granted to it
    Remove {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct ClientAdd {
    /// What people see when it asks
    #[arg(long)]
    pub(super) name: String,
    /// Where it may be returned to; may be given several times
    #[arg(long, value_name = "URI", required = true, num_args = 1..)]
    pub(super) redirect: Vec<String>,
    /// Give it a secret, to be sent this way; public without
    #[arg(long, value_name = "METHOD")]
    pub(super) confidential: Option<Confidential>,
    /// Its id; made up when left out
    #[arg(long)]
    pub(super) id: Option<String>,
    /// Give it no refresh tokens
    #[arg(long)]
    pub(super) no_refresh: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Confidential {
    /// In the Authorization header (`client_secret_basic`)
    Basic,
    /// In the form body (`client_secret_post`)
    Post,
}

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// List everybody who ever signed in
    List,
    /// Show one person: identities, browsers, connected apps, tokens
    Show {
        /// Their id, `usr_…`: the sub of their tokens
        id: String,
    },
    /// Lock a person out and end everything of theirs
    Disable {
        /// Their id
        id: String,
    },
    /// Let a person in again
    Enable {
        /// Their id
        id: String,
    },
    /// End a person's browser sessions, app connections and tokens; they may sign in again
    SignOut {
        /// Their id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// List the signing keys: their stage, their times, and which master key sealed them
    List,
    /// Announce the next signing key now: it is published at once and signs after 24 hours
    #[command(after_help = help::ROTATE)]
    Rotate {
        /// Let it sign at once; a verifier that keeps the key set may refuse its tokens for ten minutes
        #[arg(long)]
        now: bool,
    },
    /// For an emergency: end a signing key and every access token under it
    #[command(after_help = help::RETIRE)]
    Retire {
        /// Its id, as list shows it
        #[arg(allow_hyphen_values = true)] // in base64url, one in 64 begins with a hyphen
        id: String,
    },
    /// Seal everything with the first master key, so that the others may go
    #[command(after_help = help::RESEAL)]
    Reseal,
}

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token for a person at one server; prints it, once
    #[command(after_help = help::TOKEN)]
    Create(TokenCreate),
    /// List personal access tokens
    List {
        /// Only of this person
        #[arg(long, value_name = "ID")]
        user: Option<String>,
    },
    /// End a personal access token
    Revoke {
        /// Its id, as list shows it
        #[arg(allow_hyphen_values = true)] // in base64url, one in 64 begins with a hyphen
        id: String,
    },
    /// Say, check by check, why a token is accepted or refused
    #[command(after_help = help::INSPECT)]
    Inspect {
        /// The token; standard input when left out, where other users of this machine do not see it
        token: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct TokenCreate {
    /// The server it is for: the stem of its file in servers/
    #[arg(long, value_name = "ID")]
    pub(super) server: String,
    /// Whose it is: the id that user list shows
    #[arg(long, value_name = "ID")]
    pub(super) user: String,
    /// What it may do there, separated by spaces; no more than the person may
    #[arg(long, value_name = "SCOPES")]
    pub(super) scopes: String,
    /// What will use it
    #[arg(long)]
    pub(super) name: String,
    /// How long it lives, at most 365d
    #[arg(long, value_name = "TIME", default_value = "90d")]
    pub(super) expires: String,
}
