//! Floor 8: the command line. It reads what was typed, asks the rooms below, prints, and ends with
//! 0 (good), 1 (a finding) or 2 (misuse, or a fault of the configuration).
//!
//! It owns the words on the terminal and nothing else; the environment is handed to it by `main`.

mod args;
mod backup;
mod banner;
mod check;
mod client;
mod environment;
mod explain;
mod faults;
mod help;
mod key;
mod login;
mod migrate;
mod output;
mod place;
mod progress;
mod serve;
mod token;
mod user;

use std::{ffi::OsString, future::Future, process::ExitCode};

use anyhow::Context as _;
use clap::Parser as _;

use self::{
    args::{Arguments, Command},
    faults::Failure,
    output::Answer,
    place::Place,
};
use crate::config::Lookup;

/// Does what `arguments` say, the name of the program first.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(told) => {
            let _ = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2));
        }
    };
    let json = arguments.common.json;
    let place = Place::new(arguments.common.root, Lookup::new(environment));
    match dispatch(arguments.command.unwrap_or(Command::Serve), &place, json) {
        Ok(Some(answer)) => answer.print(json),
        Ok(None) => ExitCode::SUCCESS,
        Err(failure) => failure.print(json),
    }
}

fn dispatch(command: Command, place: &Place, json: bool) -> Result<Option<Answer>, Failure> {
    match command {
        Command::Serve => wait(serve::serve(place, json)).map(|()| None),
        Command::Check => Ok(Some(check::check(place))),
        Command::Explain(asked) => wait(explain::explain(place, &asked)).map(Some),
        Command::Login(asked) => wait(login::login(place, &asked)),
        Command::Client(asked) => wait(client::client(place, asked)).map(Some),
        Command::User(asked) => wait(user::user(place, asked)).map(Some),
        Command::Token(asked) => wait(token::token(place, asked)).map(Some),
        Command::Backup { path } => backup::backup(place, &path, json).map(Some),
        Command::Restore(asked) => match backup::path(&asked) {
            Some(path) => backup::restore(place, path, json).map(Some),
            None => wait(backup::epoch(place)).map(Some),
        },
        Command::Key(asked) => wait(key::key(place, asked)).map(Some),
        Command::Migrate(asked) => wait(migrate::migrate(place, &asked, json)).map(Some),
        Command::Environment => Ok(Some(environment::environment())),
    }
}

fn wait<T>(task: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("no threads can be started")?.block_on(task)
}
