//! The table: medians, and how they compare to the floor.

use std::time::Duration;

use crate::{rows::Side, sitting::Figures};

/// The head of the table, in Markdown.
pub(crate) const HEAD: &str = "\
| what | server | req/s | of floor | p50 ms | p99 ms | of floor | p99.9 ms | CPU s/1000 | idle / loaded MiB |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// The lines of one row.
pub(crate) fn lines(name: &str, figures: &[Figures]) -> String {
    let floor = figures.iter().find(|figures| figures.side == Side::Floor).map(Medians::of);
    let lines = figures.iter().map(|figures| {
        let medians = Medians::of(figures);
        let floor = floor.as_ref().filter(|_| figures.side != Side::Floor);
        let rates = floor.map(|floor| format!("{:.2}", medians.rate / floor.rate));
        let tails = floor.map(|floor| format!("{:.2}", ms(medians.p99) / ms(floor.p99)));
        format!(
            "| {name} | {} | {:.0} | {} | {:.2} | {:.2} | {} | {:.2} | {:.4} | {} / {} |\n",
            figures.name,
            medians.rate,
            rates.unwrap_or_default(),
            ms(medians.p50),
            ms(medians.p99),
            tails.unwrap_or_default(),
            ms(medians.p999),
            medians.cpu,
            mib(medians.idle),
            mib(medians.loaded),
        )
    });
    lines.collect()
}

struct Medians {
    rate: f64,
    p50: Duration,
    p99: Duration,
    p999: Duration,
    cpu: f64,
    idle: u64,
    loaded: u64,
}

impl Medians {
    fn of(figures: &Figures) -> Self {
        let runs = || figures.runs.iter();
        let percentile =
            |percent| middle(runs().map(|run| run.measured.percentile(percent)), Ord::cmp);
        Self {
            rate: middle(runs().map(|run| run.measured.rate()), f64::total_cmp),
            p50: percentile(50.0),
            p99: percentile(99.0),
            p999: percentile(99.9),
            cpu: middle(runs().map(|run| run.measured.cpu_for_1000()), f64::total_cmp),
            idle: middle(runs().map(|run| run.idle), Ord::cmp),
            loaded: middle(runs().map(|run| run.loaded), Ord::cmp),
        }
    }
}

/// What this side uses more than the floor, in CPU seconds for 1,000 answers.
pub(crate) fn cpu_on_top(figures: &[Figures], side: Side) -> Option<f64> {
    let of = |side| figures.iter().find(|it| it.side == side).map(|it| Medians::of(it).cpu);
    Some(of(side)? - of(Side::Floor)?)
}

/// The one in the middle; of an even number the lower of two.
pub(crate) fn middle<T: Copy + Default>(
    values: impl Iterator<Item = T>,
    order: impl FnMut(&T, &T) -> std::cmp::Ordering,
) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_by(order);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

fn mib(bytes: u64) -> u64 {
    bytes / 1024 / 1024
}
