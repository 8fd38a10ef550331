//! A protected MCP server that is a program of this machine, spoken to over its standard input and
//! output.

use std::{fmt, path::PathBuf, time::Duration};

use zeroize::Zeroizing;

/// How such a server is started. Prints neither arguments nor values: they may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct StdioCommand {
    /// The program: an absolute path, or a name that is looked for in `PATH`.
    pub program: String,
    /// Its arguments, each as it is: no shell reads them.
    pub arguments: Vec<String>,
    /// Its environment, beyond the few names that it has from ours.
    pub environment: Vec<EnvVariable>,
    /// The folder it is started in; none: ours.
    pub directory: Option<PathBuf>,
    /// How many there may be, for how long, and how large.
    pub processes: Processes,
}

/// One variable of a program's environment. Prints its name only.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvVariable {
    /// Its name.
    pub name: String,
    /// Its value, which may be a secret.
    pub value: Zeroizing<String>,
}

/// What the processes of one server may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processes {
    /// Processes of one person.
    pub per_person: usize,
    /// Processes of all people together.
    pub total: usize,
    /// How long one may be without a request and without an open stream.
    pub idle: Duration,
    /// Bytes of memory that each process may have; none: as the system allows.
    pub memory: Option<u64>,
    /// Processor time that each process may use in its life; none: as much as it likes.
    pub cpu: Option<Duration>,
}

impl Default for Processes {
    fn default() -> Self {
        Self { per_person: 4, total: 64, idle: Duration::from_mins(10), memory: None, cpu: None }
    }
}

impl fmt::Debug for StdioCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StdioCommand").field("program", &self.program).finish_non_exhaustive()
    }
}

impl fmt::Debug for EnvVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}
