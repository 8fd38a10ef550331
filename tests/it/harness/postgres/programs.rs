//! Debian's programs of PostgreSQL, as the user that may run them.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
};

/// PostgreSQL does not run as root: the folder becomes that of the user that Debian made for it.
pub(super) fn give_away(folder: &Path) {
    if let Some((user, group)) = other_user() {
        chown(folder, Some(user), Some(group)).unwrap();
    }
}

/// A program as the user that owns the folder.
pub(super) fn as_other_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env("LC_ALL", "C.UTF-8");
    command
}

/// The user and group `postgres` when we are root.
fn other_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let told = Command::new("id").args(arguments).output().unwrap().stdout;
        String::from_utf8(told).unwrap().trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))
}

/// The newest there is of Debian's, or the one on the path.
pub(crate) fn program(name: &str) -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let there = debian.map(|version| version.unwrap().path().join("bin").join(name));
    let number =
        |path: &PathBuf| -> Option<u32> { path.iter().rev().nth(2)?.to_str()?.parse().ok() };
    there.filter(|path| path.exists()).max_by_key(number).unwrap_or_else(|| PathBuf::from(name))
}
