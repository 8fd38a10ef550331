//! How a command ends that has no answer.

use std::{fmt::Write as _, process::ExitCode};

use serde_json::{Value, json};

use super::output::{self, BAD, BOLD, Exit, count, paint, shown};
use crate::{app::StartFault, config::Fault, store::StoreError};

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The configuration.
    Config(Vec<Fault>),
    /// What was typed.
    Misuse(String),
    /// Something else: the database, an address in use, the other end.
    Broken(anyhow::Error),
}

impl Failure {
    /// Prints it: on standard error, or as JSON.
    pub(super) fn print(&self, json: bool) -> ExitCode {
        if json {
            output::put_json(&self.json());
        } else {
            output::tell(&self.text());
        }
        self.exit().into()
    }

    const fn exit(&self) -> Exit {
        match self {
            Self::Config(_) | Self::Misuse(_) => Exit::Misuse,
            Self::Broken(_) => Exit::Finding,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Config(faults) => text(faults),
            Self::Misuse(why) => format!("{} {}", paint(BAD, "error:"), shown(why)),
            Self::Broken(error) => {
                format!("{} {}", paint(BAD, "error:"), shown(&format!("{error:#}")))
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Config(faults) => json!({ "good": false, "faults": faults }),
            Self::Misuse(why) => json!({ "good": false, "error": why }),
            Self::Broken(error) => json!({ "good": false, "error": format!("{error:#}") }),
        }
    }
}

/// Every fault with its place, what is wrong and what to write instead.
pub(super) fn text(faults: &[Fault]) -> String {
    let many = count(faults.len(), "fault", "faults");
    let mut text = format!("{}\n", paint(BAD, &format!("{many} in the configuration")));
    for fault in faults {
        text.push_str(&one(fault));
    }
    text
}

/// One fault, or one note of the same shape.
pub(super) fn one(fault: &Fault) -> String {
    let (place, what, remedy) = (shown(&fault.place), shown(&fault.what), shown(&fault.remedy));
    let mut text = String::new();
    let _ = writeln!(text, "\n  {}: {what}", paint(BOLD, &place));
    let _ = writeln!(text, "    → {remedy}");
    text
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<StartFault> for Failure {
    fn from(fault: StartFault) -> Self {
        match fault {
            StartFault::Config(fault) => Self::Config(vec![fault]),
            other => Self::Broken(other.into()),
        }
    }
}
