//! `countersign serve`: the service, until it is told to stop.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use tokio::sync::watch;
use tracing_subscriber::{EnvFilter, fmt};

use super::{banner, faults::Failure, output, place::Place};
use crate::{
    app,
    config::{Config, LogFormat, Logging},
};

/// Runs the service. The first signal lets requests in flight finish, the second one does not.
pub(super) async fn serve(place: &Place, json: bool) -> Result<(), Failure> {
    let config = place.config()?;
    log(&config.log)?;
    raise_descriptors();
    let signals = signals()?;
    let app = app::build(&config, app::clock(), app::entropy()).await?;
    let stop = at(signals.clone(), 1);
    tokio::select! {
        ended = app.run(stop, || announce(&config, json)) => ended?,
        () = at(signals, 2) => tracing::warn!("stopped at once; requests in flight were cut off"),
    }
    Ok(())
}

/// For programs on one line, so that whoever started the service reads a line and knows.
fn announce(config: &Config, json: bool) {
    let told = if json { banner::json(config).to_string() } else { banner::text(config) };
    output::put(&told);
}

/// As many files and connections as the system lets us have: each event stream through the gateway
/// takes two, and the usual soft limit is for programs that wait with `select`.
#[cfg(unix)]
fn raise_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

#[cfg(not(unix))]
fn raise_descriptors() {}

fn log(logging: &Logging) -> Result<(), Failure> {
    // The SDK of the demo server tells of every call. Whoever wants that says so: what comes later counts.
    let filter = format!("rmcp=warn,{}", logging.filter);
    let filter = EnvFilter::try_new(filter).context("COUNTERSIGN_LOG")?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr);
    let set = match logging.format {
        LogFormat::Text => lines.with_ansi(is_colourful()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    set.map_err(|error| Failure::Broken(anyhow::anyhow!("logs cannot be written: {error}")))
}

fn is_colourful() -> bool {
    let choice = anstream::AutoStream::choice(&io::stderr());
    io::stderr().is_terminal() && choice != anstream::ColorChoice::Never
}

/// How many times we were asked to stop.
type Signals = watch::Receiver<u8>;

fn signals() -> Result<Signals, Failure> {
    let (count, signals) = watch::channel(0_u8);
    let mut asked = Asked::new().context("signals cannot be waited for")?;
    tokio::spawn(async move {
        loop {
            asked.again().await;
            count.send_modify(|count| *count = count.saturating_add(1));
        }
    });
    Ok(signals)
}

async fn at(mut signals: Signals, number: u8) {
    if signals.wait_for(|count| *count >= number).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
struct Asked {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Asked {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn again(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Asked;

#[cfg(not(unix))]
impl Asked {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn again(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
