//! One process from its start to its end: the pipes, and whoever waits for it.

use std::{io, process::ExitStatus, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    StdioSettings, Times,
    frame::{self, quoted},
    group::Group,
    lines::{self, Line},
    log::Log,
    traffic::{Ended, Era, Traffic, Way},
};

/// A running process, as the rest of the room sees it.
pub(super) struct Process {
    pub(super) traffic: Traffic,
    pub(super) started: Instant,
    /// Whole lines for its input: one at a time, whoever has more waits.
    lines: mpsc::Sender<String>,
    /// Short ones of our own, which must not wait.
    notes: mpsc::Sender<String>,
    quit: CancellationToken,
}

/// What was not taken within its time.
pub(super) struct NotRead;

/// The other half of a [`Process`], for [`supervise`].
pub(super) struct Pipes {
    child: Child,
    lines: mpsc::Receiver<String>,
    notes: mpsc::Receiver<String>,
}

impl Process {
    /// What a child that was just started is for clients, and for its supervisor.
    pub(super) fn new(child: Child, era: Era, times: &Times) -> (Arc<Self>, Pipes) {
        let (lines, to_write) = mpsc::channel(1);
        let (notes, first) = mpsc::channel(MAX_NOTES);
        let traffic = Traffic::new(era, times.stalled);
        let (started, quit) = (Instant::now(), CancellationToken::new());
        let process = Arc::new(Self { traffic, started, lines, notes, quit });
        (process, Pipes { child, lines: to_write, notes: first })
    }

    /// Has the lines written. A process that has ended took them too: its streams say so.
    pub(super) async fn write(&self, lines: Vec<String>, within: Duration) -> Result<(), NotRead> {
        for line in lines {
            timeout(within, self.lines.send(line)).await.map_err(|_| NotRead)?.ok();
        }
        Ok(())
    }

    /// Tells the process that requests are cancelled, by its numbers for them.
    pub(super) fn cancel(&self, numbers: &[u64]) {
        for number in numbers {
            let reason = quoted("The client went away.");
            self.note(format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/cancelled","params":{{"requestId":{number},"reason":{reason}}}}}"#
            ));
        }
    }

    /// Ends it.
    pub(super) fn end(&self, reason: Ended) {
        self.traffic.end(reason);
        self.quit.cancel();
    }

    /// Of a process that does not read there are so many and no more.
    fn note(&self, line: String) {
        let _ = self.notes.try_send(line);
    }
}

/// Runs until the process is to end, says so by `leaving`, and ends it with all that it started:
/// first by closing its input (MCP 2025-11-25, lifecycle), then by force.
pub(super) async fn supervise(
    process: Arc<Process>,
    pipes: Pipes,
    settings: Arc<StdioSettings>,
    stop: CancellationToken,
    leaving: impl FnOnce(Ended),
) {
    let Some(mut running) = Running::new(&process, pipes, &settings) else {
        process.traffic.end(Ended::Silent);
        return leaving(Ended::Silent);
    };
    let reason = tokio::select! {
        failed = running.fails() => failed,
        () = process.traffic.idle(settings.command.processes.idle) => Ended::Idle,
        () = process.quit.cancelled() => Ended::Closed,
        () = stop.cancelled() => Ended::Stopping,
    };
    process.traffic.end(reason.clone());
    leaving(process.traffic.ended().unwrap_or(reason));
    running.end(settings.times.grace).await;
}

/// A child and the tasks at its pipes.
struct Running {
    child: Child,
    group: Group,
    writing: JoinHandle<()>,
    reading: JoinHandle<Ended>,
    errors: JoinHandle<()>,
}

impl Running {
    fn new(process: &Arc<Process>, pipes: Pipes, settings: &StdioSettings) -> Option<Self> {
        let Pipes { mut child, lines, notes } = pipes;
        let number = child.id();
        let log = |pipe| Log::new(settings.server.clone(), number.unwrap_or_default(), pipe);
        let (stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
        let (reader, strays) = (Arc::clone(process), log("stdout"));
        Some(Self {
            group: Group::led_by(number),
            writing: tokio::spawn(write(stdin, lines, notes)),
            reading: tokio::spawn(async move { read(stdout, &reader, strays).await }),
            errors: tokio::spawn(log("stderr").drain(child.stderr.take()?)),
            child,
        })
    }

    /// Waits until it ends, or until a pipe is closed without which it is of no use.
    async fn fails(&mut self) -> Ended {
        tokio::select! {
            _ = self.child.wait() => {}
            _ = &mut self.writing => {}
            read = &mut self.reading => if let Ok(Ended::LineTooLong) = read {
                return Ended::LineTooLong;
            },
        }
        // What it wrote before is still in the pipe, which a child of its own may hold open.
        if !self.reading.is_finished() {
            let _ = timeout(LAST_WORDS, &mut self.reading).await;
        }
        timeout(LAST_WORDS, self.child.wait()).await.map_or(Ended::Silent, exited)
    }

    async fn end(mut self, grace: Duration) {
        self.writing.abort();
        while !self.writing.is_finished() {
            tokio::task::yield_now().await; // it holds the input, which closes with it
        }
        let _ = timeout(grace, self.child.wait()).await;
        drop(self.group);
        let _ = self.child.kill().await;
        if !self.errors.is_finished() {
            let _ = timeout(LAST_WORDS, &mut self.errors).await;
        }
        self.errors.abort();
        self.reading.abort();
    }
}

/// Writes each line whole: a client that hangs up meanwhile cannot break one off.
async fn write(
    mut stdin: ChildStdin,
    mut lines: mpsc::Receiver<String>,
    mut notes: mpsc::Receiver<String>,
) {
    loop {
        let line = tokio::select! {
            biased;
            Some(note) = notes.recv() => note,
            Some(line) = lines.recv() => line,
            else => return,
        };
        let mut line = line.into_bytes();
        line.push(b'\n');
        if stdin.write_all(&line).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Reads messages until the pipe is closed, or a line is longer than there may be.
async fn read(stdout: ChildStdout, process: &Process, mut log: Log) -> Ended {
    let (mut pipe, mut line) = (BufReader::new(stdout), Vec::new());
    loop {
        match lines::next(&mut pipe, &mut line, MAX_LINE).await {
            Line::None => return Ended::Silent,
            Line::Cut => return Ended::LineTooLong,
            Line::Whole => take(process, &line, &mut log).await,
        }
        line.shrink_to(KEPT);
    }
}

async fn take(process: &Process, line: &[u8], log: &mut Log) {
    let messages = str::from_utf8(line).ok().and_then(|text| frame::split(text).ok());
    let Some((messages, _)) = messages else {
        if !line.trim_ascii().is_empty() {
            log.say(line);
        }
        return;
    };
    for message in messages {
        match process.traffic.route(message) {
            Way::To(outlet, item) => process.traffic.deliver(outlet, item).await,
            Way::Back(answer) => process.note(answer),
            Way::Unreadable => log.say(line),
            Way::Nowhere => {}
        }
    }
}

fn exited(status: io::Result<ExitStatus>) -> Ended {
    let how = status.ok().and_then(|status| {
        let code = status.code().map(|code| format!("exit code {code}"));
        code.or_else(|| signal(status).map(|signal| format!("signal {signal}")))
    });
    Ended::Exited(how.unwrap_or_else(|| "for an unknown reason".to_owned()))
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
const fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// The longest message of a server, in bytes.
const MAX_LINE: usize = 4 * 1024 * 1024;
/// Memory that is kept from one message to the next.
const KEPT: usize = 64 * 1024;
/// Notes that wait to be written.
const MAX_NOTES: usize = 256;
/// The time in which a pipe of an ended process is read to its end.
const LAST_WORDS: Duration = Duration::from_secs(1);
