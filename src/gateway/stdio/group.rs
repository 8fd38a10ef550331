//! The process group of a server: `npx` starts `node`, and both must end.

/// A process group that ends when this is dropped, at the latest.
pub(super) struct Group(Option<u32>);

impl Group {
    /// Of a child that leads its own; none: it has ended already.
    pub(super) const fn led_by(child: Option<u32>) -> Self {
        Self(child)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            end(leader);
        }
    }
}

/// Ends whatever is left of a group. That there is nothing left is as good.
#[cfg(unix)]
fn end(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let leader = i32::try_from(leader).ok().and_then(Pid::from_raw);
    if let Some(leader) = leader {
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end(_: u32) {}
