//! The process group of a server: `npx` starts `node`, and both must end.
//!
//! A group is ended by the program `kill`: the system call itself would take unsafe code or a crate
//! more. It is no shell, and its path is fixed.

use std::{path::Path, process::Command};

/// A process group that ends when this is dropped, at the latest.
pub(super) struct Group(Option<u32>);

impl Group {
    /// Of a child that leads its own; none: it has ended already.
    pub(super) const fn led_by(child: Option<u32>) -> Self {
        Self(child)
    }

    /// Ends whatever of it is left. That there is nothing left is as good.
    pub(super) async fn kill(mut self) {
        let Some(mut kill) = self.0.take().and_then(command) else { return };
        let _ = tokio::task::spawn_blocking(move || kill.output()).await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(mut kill) = self.0.take().and_then(command) {
            let _ = kill.output(); // no runtime to wait in: this one is being torn down
        }
    }
}

#[cfg(unix)]
fn command(leader: u32) -> Option<Command> {
    let Some(program) = KILL.into_iter().map(Path::new).find(|program| program.is_file()) else {
        tracing::warn!(
            "the program kill is not there: what a server started may go on; install procps"
        );
        return None;
    };
    let mut command = Command::new(program);
    command.args(["-KILL", "--", &format!("-{leader}")]).env_clear();
    Some(command)
}

#[cfg(not(unix))]
fn command(_: u32) -> Option<Command> {
    None
}

const KILL: [&str; 2] = ["/bin/kill", "/usr/bin/kill"];
