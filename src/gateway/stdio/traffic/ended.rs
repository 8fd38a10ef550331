//! The end of a process.

use std::fmt;

/// Why a process ended. Displays as clients are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::gateway::stdio) enum Ended {
    /// By itself; with its exit code or signal.
    Exited(String),
    /// It closed its output.
    Silent,
    /// It wrote a line that is longer than there may be.
    LineTooLong,
    /// It did not answer the first request in time.
    Slow,
    /// It refused to be initialized.
    Refused,
    /// Nobody used it.
    Idle,
    /// Its person opened another.
    Replaced,
    /// Its client ended the session, or went away before there was one.
    Closed,
    /// We stop.
    Stopping,
}

impl Ended {
    /// Whether the process is to blame, rather than whoever uses it.
    pub(in crate::gateway::stdio) const fn is_failure(&self) -> bool {
        match self {
            Self::Exited(_) | Self::Silent | Self::LineTooLong | Self::Slow | Self::Refused => true,
            Self::Idle | Self::Replaced | Self::Closed | Self::Stopping => false,
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(how) => write!(f, "The server process ended ({how})."),
            Self::Silent => f.write_str("The server process ended: it closed its output."),
            Self::LineTooLong => f.write_str("The server process ended: its message is too long."),
            Self::Slow => f.write_str("The server process did not answer in time, and was ended."),
            Self::Refused => f.write_str("The server process refused to be initialized."),
            Self::Idle => f.write_str("The server process ended: it was idle."),
            Self::Replaced => f.write_str("The server process ended: another was opened."),
            Self::Closed => f.write_str("The session was ended."),
            Self::Stopping => f.write_str("The service stops."),
        }
    }
}
