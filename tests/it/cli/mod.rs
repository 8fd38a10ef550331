//! The commands, as a person and as a program type them.

pub(crate) mod backup;
mod check;
mod client;
mod explain;
mod forge;
mod inspect;
mod key;
mod postgres;
mod serve;
mod stop;
mod token;
mod typed;
pub(crate) mod user;

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with the shipped files, and an environment of its own.
pub(crate) struct Folder {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn shipped() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["providers", "servers"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            fs::create_dir(folder.path().join(name)).unwrap();
            for entry in fs::read_dir(from).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), folder.path().join(name).join(entry.file_name())).unwrap();
            }
        }
        Self { folder, variables: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        fs::write(self.folder.path().join(path), text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The program in this folder, in an environment with nothing else in it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.current_dir(self.path()).env_clear().envs(self.variables.iter().cloned());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(arguments, "")
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let piped = || Stdio::piped();
        let mut command = self.command();
        let command = command.args(arguments).stdin(piped()).stdout(piped()).stderr(piped());
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ended {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|_| panic!("no JSON: {}{}", self.out, self.err))
    }
}
