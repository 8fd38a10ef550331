//! What was typed.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Parser;

use crate::floor::Floor;

/// Measures Countersign beside what no server of its kind can be quicker than.
///
/// Every server runs as a process of its own and is started anew, on the same data, for each run. Runs
/// of one row take turns (floor, Countersign, floor, …), so that whatever else the machine does hits all
/// alike; the table shows medians. Compare the ratios and the CPU time: requests a second depend on
/// what else runs.
#[derive(Parser, Clone, Debug)]
#[command(
    name = "service",
    bin_name = "cargo bench --bench service --",
    arg_required_else_help = true,
    after_help = EXAMPLES,
    max_term_width = 100
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that may be typed")]
pub(crate) struct Options {
    /// Measure, and print the table on standard output. Progress goes to standard error.
    #[arg(long)]
    pub(crate) table: bool,

    /// Only these rows, separated by commas; they stand below.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(crate) only: Vec<String>,

    /// How many runs each figure is the median of.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) runs: u16,

    /// How long each run is measured, in seconds; a warm-up of a second comes before it.
    #[arg(long, value_name = "S", default_value = "5", value_parser = seconds)]
    pub(crate) seconds: Duration,

    /// How many clients ask at the same time, each on a connection of its own.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) clients: usize,

    /// Measure on databases of so many live grants, sessions and opaque tokens each, the smallest one first.
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) stored: Vec<u64>,

    /// Stop the identity provider between two measurements of sign-ins and refreshes.
    #[arg(long)]
    pub(crate) idp_down: bool,

    /// Begin so many requests a second instead of as many as go, and count latencies from the moment at
    /// which each was meant to begin.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,

    /// Load the service for a long time at --rate, in fixed shares (six refreshes, three bearer checks,
    /// one code of ten requests), and write a line for every ten seconds into this file.
    #[arg(long, value_name = "FILE", requires = "rate", requires = "minutes")]
    pub(crate) soak: Option<PathBuf>,

    /// How long the soak lasts.
    #[arg(long, value_name = "M", requires = "soak")]
    pub(crate) minutes: Option<u64>,

    /// Put the table between the marks of this page as well.
    #[arg(long, value_name = "PAGE", requires = "table", conflicts_with = "only")]
    pub(crate) write: Option<PathBuf>,

    /// Leave npm `oidc-provider` out.
    #[arg(long)]
    pub(crate) no_peers: bool,

    /// Be a floor server instead.
    #[arg(long, hide = true, value_enum)]
    pub(crate) floor: Option<Floor>,

    /// Where it listens.
    #[arg(long, hide = true, requires = "floor")]
    pub(crate) listen: Option<SocketAddr>,

    /// What it needs: a database, a file that says what it guards, or the address of a server behind it.
    #[arg(long, hide = true, requires = "floor")]
    pub(crate) file: Option<PathBuf>,

    /// What Cargo tells every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// How long a run goes on before it is measured.
pub(crate) const WARM_UP: Duration = Duration::from_secs(1);

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: u64 = text.parse().map_err(|_| "write whole seconds".to_owned())?;
    if seconds == 0 { Err("write 1 or more".to_owned()) } else { Ok(Duration::from_secs(seconds)) }
}

const EXAMPLES: &str = "\
Rows:
  exchange     a code for tokens, SQLite, every answer durable
  refresh      a refresh token for its successor, the same way
  exchange-postgres, refresh-postgres  the same in PostgreSQL, which is made and started for it
  bearer-warm  the check of a bearer token, always the same one
  bearer-cold  the same check, no token twice
  metadata     the authorization server's metadata document
  keys         the key set
  register     a client registers
  sign-in      a whole federated sign-in: page, consent, development provider, callback, tokens
  gateway      a call of 1 KiB of JSON through the gateway; CPU time counts the server behind as well
  start        from the start of the process to its first good answer

Examples:
  cargo bench --bench service -- --table --write docs/speed.md
  cargo bench --bench service -- --table --only exchange,refresh --runs 3 --seconds 3
  cargo bench --bench service -- --table --only refresh --rate 2000
  cargo bench --bench service -- --stored 1000,1000000
  cargo bench --bench service -- --idp-down --seconds 30
  cargo bench --bench service -- --soak soak.csv --rate 2000 --minutes 60
  scripts/soak-plot soak.csv docs/soak.svg";
