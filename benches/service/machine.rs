//! What the figures were taken on, in words for whoever reads them later.

use std::{fs, process::Command, thread::available_parallelism};

use countersign::ambient::{Clock as _, SystemClock};

use crate::cluster::Cluster;

/// The date, the machine and the versions, in one line each.
pub(crate) fn described() -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map(|rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = available_parallelism().map_or(0, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    let date = jiff::Timestamp::from_second(SystemClock.now().unix());
    let date = date.map(|it| it.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    let commit = said("git", &["rev-parse", "--short", "HEAD"]).unwrap_or_default();
    vec![
        format!(
            "{date}, {cores} cores of {}, Linux {}",
            model.unwrap_or("an unnamed processor"),
            kernel.trim(),
        ),
        format!(
            "Countersign {} {commit}, {}, SQLite {}, {}",
            env!("CARGO_PKG_VERSION"),
            said("rustc", &["--version"]).unwrap_or_default(),
            rusqlite::version(),
            Cluster::version(),
        ),
    ]
}

/// How busy the machine is: the load average of the last minute.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
