//! A server that is a program of this machine: `command`, `[env]`, `directory`, `processes`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;
use toml::Spanned;
use zeroize::Zeroizing;

use crate::{
    config::{toml_file::TomlFile, values},
    engine::policy::{EnvVariable, Processes, StdioCommand},
};

use super::table::ServerFile;

/// What its processes may take, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessesTable {
    per_person: Option<Spanned<usize>>,
    total: Option<Spanned<usize>>,
    idle: Option<Spanned<String>>,
    memory: Option<Spanned<String>>,
    cpu: Option<Spanned<String>>,
}

/// Reads the program; its faults stay with `file`.
pub(super) fn read(
    file: &mut TomlFile<'_>,
    raw: &ServerFile,
    command: &Spanned<Vec<String>>,
) -> Option<StdioCommand> {
    let at = command.span().start;
    let environment = environment(file, raw.env.as_ref());
    let directory = directory(file, raw.directory.as_ref());
    let processes = raw.processes.as_ref().map(|table| processes(file, table)).unwrap_or_default();
    let Some((program, arguments)) = command.get_ref().split_first() else {
        file.fault(at, "`command` is empty", COMMAND_REMEDY);
        return None;
    };
    if let Some(what) = unfit(program) {
        file.fault(at, format!("the program {program:?} {what}"), COMMAND_REMEDY);
    }
    if arguments.iter().any(|argument| argument.contains('\0')) {
        file.fault(at, "an argument holds a NUL, which no program can be given", "remove it");
    }
    let (program, arguments) = (program.clone(), arguments.to_vec());
    Some(StdioCommand { program, arguments, environment, directory, processes })
}

/// What only a program has is refused for other servers.
pub(super) fn out_of_place(file: &mut TomlFile<'_>, raw: &ServerFile) {
    let given = [
        ("[env]", raw.env.as_ref().map(Spanned::span)),
        ("directory", raw.directory.as_ref().map(Spanned::span)),
        ("processes", raw.processes.as_ref().map(Spanned::span)),
    ];
    for (key, span) in given {
        if let Some(span) = span {
            let what = format!("`{key}` is for a server that is started with `command`");
            file.fault(span.start, what, "remove it, or write command = [\"program\", …]");
        }
    }
}

fn unfit(program: &str) -> Option<&'static str> {
    let elsewhere = program.contains('/') && !program.starts_with('/');
    if program.is_empty() || program.contains('\0') {
        Some("is no name of a program")
    } else if elsewhere {
        Some("depends on where the service is started")
    } else if program.contains(char::is_whitespace) && !program.contains('/') {
        Some("looks like a whole command line, which no shell takes apart here")
    } else {
        None
    }
}

fn environment(
    file: &mut TomlFile<'_>,
    table: Option<&Spanned<BTreeMap<String, String>>>,
) -> Vec<EnvVariable> {
    let Some(table) = table else { return Vec::new() };
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    for (name, value) in table.get_ref() {
        if !name.bytes().all(word) || !name.starts_with(|c: char| !c.is_ascii_digit()) {
            let what = format!("{name:?} is no name of a variable");
            file.fault_at_key(&format!("env.{name}"), what, "use letters, digits and _");
        } else if value.contains('\0') {
            let what = format!("{name} holds a NUL, which no program can be given");
            file.fault_at_key(&format!("env.{name}"), what, "remove it");
        }
    }
    let variable = |(name, value): (&String, &String)| EnvVariable {
        name: name.clone(),
        value: Zeroizing::new(value.clone()),
    };
    table.get_ref().iter().map(variable).collect()
}

fn directory(file: &mut TomlFile<'_>, directory: Option<&Spanned<String>>) -> Option<PathBuf> {
    let directory = directory?;
    let path = PathBuf::from(directory.get_ref());
    if !path.is_absolute() {
        let what = "`directory` is not an absolute path: it would depend on where we are started";
        file.fault(directory.span().start, what, "begin it with /");
    } else if !path.is_dir() {
        let what = format!("the folder {} is not there", path.display());
        file.fault(directory.span().start, what, "make it, or correct the path");
    }
    Some(path)
}

fn processes(file: &mut TomlFile<'_>, table: &Spanned<ProcessesTable>) -> Processes {
    let (table, default) = (table.get_ref(), Processes::default());
    let per_person = count(file, table.per_person.as_ref(), default.per_person);
    let total = count(file, table.total.as_ref(), default.total.max(per_person));
    if per_person > total {
        let at = table.per_person.as_ref().map_or(0, |given| given.span().start);
        let what = "`per_person` is more than `total`, the processes of all people";
        file.fault(at, what, "raise total, or lower per_person");
    }
    Processes {
        per_person,
        total,
        idle: span(file, table.idle.as_ref()).unwrap_or(default.idle),
        memory: table.memory.as_ref().and_then(|text| memory(file, text)),
        cpu: span(file, table.cpu.as_ref()),
    }
}

fn count(file: &mut TomlFile<'_>, given: Option<&Spanned<usize>>, default: usize) -> usize {
    let Some(given) = given else { return default };
    let count = *given.get_ref();
    if !(1..=MOST).contains(&count) {
        let what = format!("{count} is no number of processes");
        file.fault(given.span().start, what, format!("write 1 to {MOST}"));
    }
    count
}

fn span(file: &mut TomlFile<'_>, text: Option<&Spanned<String>>) -> Option<Duration> {
    let text = text?;
    let read = values::duration(text.get_ref());
    if let Err(what) = read {
        let what = format!("{:?} {what}", text.get_ref());
        file.fault(text.span().start, what, "such as \"10m\" or \"1h\"");
    }
    read.ok()
}

fn memory(file: &mut TomlFile<'_>, text: &Spanned<String>) -> Option<u64> {
    let read = bytes(text.get_ref());
    if read.is_none() {
        let what = format!("{:?} is no amount of memory", text.get_ref());
        file.fault(text.span().start, what, "write at least 16MiB, such as \"512MiB\" or \"2GiB\"");
    }
    read
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let (number, unit) = text
        .strip_suffix("MiB")
        .map(|number| (number, MIB))
        .or_else(|| text.strip_suffix("GiB").map(|number| (number, 1024 * MIB)))?;
    let number: u64 = number.trim().parse().ok()?;
    number.checked_mul(unit).filter(|bytes| *bytes >= 16 * MIB)
}

const COMMAND_REMEDY: &str = "write the program and each argument by itself, such as [\"npx\", \"-y\", \"some-mcp-server\"], the program by its absolute path or a name that stands in PATH";
const MIB: u64 = 1024 * 1024;
/// Of one server.
const MOST: usize = 4096;

#[cfg(test)]
mod tests;
