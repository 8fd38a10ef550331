//! A long load at a fixed rate: what clients do all day, and what becomes of latencies and memory.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use hdrhistogram::Histogram;

use crate::{
    clients::{Exchange, Mixed, Stock},
    load::{Line, Measured, Open, on_one_thread, open},
    options::{Options, WARM_UP},
    process::Server,
    seed,
    world::World,
};

/// Runs it and writes a line for every ten seconds.
pub(crate) fn soak(options: &Options, to: &Path) -> anyhow::Result<()> {
    let rate = options.rate.context("--rate says how many requests a second")?;
    let lasts = Duration::from_mins(options.minutes.context("--minutes says for how long")?);
    let world = World::prepare()?;
    let clients = options.clients.max(MOST_AT_ONCE);
    let codes = u64::from(rate) * (lasts + WARM_UP * 5).as_secs() / 10 + u64::try_from(clients)?;
    eprintln!("writing {codes} codes");
    world.fill("soak.db", async |store, _| seed::codes(&*store, &world, 0..codes).await)?;
    let server = world.start("soak.db", &[])?;
    let mut log = Log::begin(to, &server)?;
    let (stock, client) = (Stock::new(codes), &world.client);
    let mut mixed = |number| {
        let line = Line::new(server.address);
        let start = Exchange { line, client: Rc::clone(client), codes: stock.clone() };
        Ok(Box::new(Mixed { start, number, tokens: None }) as _)
    };
    let shape = Open { rate, clients, warm_up: WARM_UP, lasts, period: PERIOD };
    on_one_thread(open(shape, &mut mixed, || server.cpu(), |measured| log.add(measured)))?;
    log.end();
    server.stop()
}

/// The file, and what is known of the whole so far.
struct Log<'a> {
    file: BufWriter<File>,
    server: &'a Server,
    start: Instant,
    all: Histogram<u64>,
    done: u64,
    errors: u64,
    memory: Vec<u64>,
}

impl<'a> Log<'a> {
    fn begin(to: &Path, server: &'a Server) -> anyhow::Result<Self> {
        let mut file = BufWriter::new(File::create(to).with_context(|| to.display().to_string())?);
        writeln!(
            file,
            "seconds,requests_a_second,errors,p50_ms,p99_ms,p999_ms,resident_mib,cores"
        )?;
        Ok(Self {
            file,
            server,
            start: Instant::now(),
            all: Histogram::new(3)?,
            done: 0,
            errors: 0,
            memory: Vec::new(),
        })
    }

    fn add(&mut self, measured: &Measured) -> anyhow::Result<()> {
        let ms = |percent| measured.percentile(percent).as_secs_f64() * 1000.0;
        let kib = self.server.resident()? / 1024;
        let line = format!(
            "{},{:.0},{},{:.3},{:.3},{:.3},{}.{},{:.3}",
            self.start.elapsed().as_secs(),
            measured.rate(),
            measured.errors,
            ms(50.0),
            ms(99.0),
            ms(99.9),
            kib / 1024,
            kib % 1024 * 10 / 1024,
            measured.cpu.as_secs_f64() / measured.lasted.as_secs_f64(),
        );
        eprintln!("{line}");
        if let Some(error) = &measured.first_error {
            eprintln!("  the first error: {error}");
        }
        writeln!(self.file, "{line}")?;
        self.file.flush()?;
        self.all.add(&measured.latencies)?;
        self.done += measured.done;
        self.errors += measured.errors;
        self.memory.push(kib);
        Ok(())
    }

    fn end(&self) {
        let ms = |percent| Duration::from_micros(self.all.value_at_percentile(percent));
        println!("{} requests, {} errors", self.done, self.errors);
        println!("p50 {:?}, p99 {:?}, p99.9 {:?}", ms(50.0), ms(99.0), ms(99.9));
        let settled = self.memory.get(SETTLED..).unwrap_or_default();
        if let (Some(least), Some(most)) = (settled.iter().min(), settled.iter().max()) {
            println!("resident after ten minutes: {} to {} MiB", least / 1024, most / 1024);
        }
    }
}

const PERIOD: Duration = Duration::from_secs(10);
/// Periods in ten minutes.
const SETTLED: usize = 60;
/// Enough connections that a pause of the disk finds one for every request.
const MOST_AT_ONCE: usize = 256;
