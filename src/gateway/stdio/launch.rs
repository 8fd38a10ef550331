//! Starting a program: never by a shell, with an environment of its own, in a process group of its
//! own, within its limits.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::{Child, Command};

use super::StdioSettings;
use crate::engine::policy::EnvVariable;

/// Why a program cannot be started; for the operator's log.
#[derive(Debug, thiserror::Error)]
pub(super) enum CannotStart {
    #[error(
        "{0} is no program that may be run here; install it, write its absolute path, or set PATH in [env]"
    )]
    Program(String),
    #[error("the folder {} is not there; make it, or correct `directory`", .0.display())]
    Directory(PathBuf),
    #[error(
        "the program prlimit, which keeps the limits of `processes`, is not there; install util-linux, or remove memory and cpu"
    )]
    Prlimit,
    #[error("{0}; see that this user may run the program")]
    System(#[from] io::Error),
}

/// Starts the program, with pipes to its input, output and errors.
pub(super) fn launch(settings: &StdioSettings) -> Result<Child, CannotStart> {
    let command = &settings.command;
    let environment = environment(settings);
    if let Some(directory) = command.directory.as_ref().filter(|directory| !directory.is_dir()) {
        return Err(CannotStart::Directory(directory.clone()));
    }
    let path = environment.iter().rev().find(|variable| variable.name == "PATH");
    let program = find(&command.program, path.map_or("", |variable| variable.value.as_str()));
    let program = program.ok_or_else(|| CannotStart::Program(command.program.clone()))?;
    let mut started = limited(settings, &program)?;
    started.args(&command.arguments).env_clear();
    started.envs(environment.iter().map(|it| (it.name.as_str(), it.value.as_str())));
    if let Some(directory) = &command.directory {
        started.current_dir(directory);
    }
    #[cfg(unix)]
    started.process_group(0);
    started.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Ok(started.spawn()?)
}

/// Ours that it has too, then its own, which win.
fn environment(settings: &StdioSettings) -> Vec<EnvVariable> {
    settings.inherited.iter().chain(&settings.command.environment).cloned().collect()
}

/// The program behind `prlimit`, which sets the limits and then becomes it. Memory is limited as data
/// (`RLIMIT_DATA`): address space, of which JavaScript engines reserve gigabytes, says nothing.
fn limited(settings: &StdioSettings, program: &Path) -> Result<Command, CannotStart> {
    let processes = &settings.command.processes;
    if processes.memory.is_none() && processes.cpu.is_none() {
        return Ok(Command::new(program));
    }
    let prlimit = PRLIMIT.into_iter().map(Path::new).find(|path| runs(path));
    let mut command = Command::new(prlimit.ok_or(CannotStart::Prlimit)?);
    command.arg("--core=0");
    command.args(processes.memory.map(|bytes| format!("--data={bytes}")));
    command.args(processes.cpu.map(|span| format!("--cpu={}", span.as_secs().max(1))));
    command.arg("--").arg(program);
    Ok(command)
}

/// A name is looked for in `PATH`, in its absolute folders alone: an empty one would be wherever the
/// service was started.
fn find(program: &str, path: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|program| runs(program));
    }
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(program)).find(|program| runs(program))
}

#[cfg(unix)]
fn runs(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let found = fs::metadata(program);
    found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn runs(program: &Path) -> bool {
    fs::metadata(program).is_ok_and(|found| found.is_file())
}

const PRLIMIT: [&str; 2] = ["/usr/bin/prlimit", "/bin/prlimit"];
