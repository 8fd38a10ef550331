//! One row measured: its contenders take turns, each run on a fresh server.

use std::time::Duration;

use anyhow::Context as _;

use crate::{
    load::{Clients, Closed, Measured, Open, closed, on_one_thread, open},
    options::{Options, WARM_UP},
    process::Server,
    rows::{Contender, Row, Side, Stand},
};

/// What one run found.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) measured: Measured,
    /// Resident memory before the load and after it, in bytes.
    pub(crate) idle: u64,
    pub(crate) loaded: u64,
}

/// A contender and its runs.
pub(crate) struct Figures {
    pub(crate) side: Side,
    pub(crate) name: &'static str,
    pub(crate) runs: Vec<Run>,
}

/// Measures a row, as often as was asked for.
pub(crate) fn measure(row: &Row, options: &Options) -> anyhow::Result<Vec<Figures>> {
    let empty = |it: &Contender| Figures { side: it.side, name: it.name, runs: Vec::new() };
    let mut figures: Vec<Figures> = row.contenders.iter().map(empty).collect();
    for number in 1..=options.runs {
        for (contender, figures) in row.contenders.iter().zip(&mut figures) {
            let run = run(contender, options).with_context(|| contender.name)?;
            eprintln!(
                "  {number}/{}  {:<16} {:>9.0} req/s  {:.4} CPU s/1000  p99 {:?}",
                options.runs,
                contender.name,
                run.measured.rate(),
                run.measured.cpu_for_1000(),
                run.measured.percentile(99.0),
            );
            figures.runs.push(run);
        }
    }
    Ok(figures)
}

fn run(contender: &Contender, options: &Options) -> anyhow::Result<Run> {
    let Stand { server, behind, mut clients } = (contender.start)()?;
    std::thread::sleep(SETTLING);
    let idle = server.resident()?;
    let cpu = || Ok(server.cpu()? + behind.as_ref().map_or(Ok(Duration::ZERO), Server::cpu)?);
    let measured = on_one_thread(load(options, &mut *clients, cpu))?;
    let loaded = server.resident()?;
    server.stop()?;
    drop(behind);
    // A figure with errors in it is none.
    if let Some(error) = &measured.first_error {
        anyhow::bail!("{} answers were wrong, the first: {error}", measured.errors);
    }
    anyhow::ensure!(measured.done > 0, "nothing was answered");
    Ok(Run { measured, idle, loaded })
}

/// As fast as it goes, or at a fixed rate.
async fn load(
    options: &Options,
    clients: &mut Clients<'_>,
    cpu: impl Fn() -> anyhow::Result<Duration>,
) -> anyhow::Result<Measured> {
    let (warm_up, lasts) = (WARM_UP, options.seconds);
    let Some(rate) = options.rate else {
        return closed(Closed { clients: options.clients, warm_up, lasts }, clients, cpu).await;
    };
    let shape = Open { rate, clients: options.clients, warm_up, lasts, period: lasts };
    let mut whole = None;
    open(shape, clients, cpu, |measured| {
        whole = Some(measured.clone());
        Ok(())
    })
    .await?;
    whole.context("nothing was measured")
}

/// The time a server has to come to rest after its start.
const SETTLING: Duration = Duration::from_millis(200);
