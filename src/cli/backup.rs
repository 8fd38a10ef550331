//! `countersign backup` and `countersign restore`.

use std::{fmt::Write as _, fs, path::Path};

use serde_json::json;

use super::{
    args::Restore,
    faults::Failure,
    output::{Answer, Exit, shown},
    place::Place,
    progress::Bar,
};
use crate::{
    app::{self, KeepFault},
    store::sqlite::restore::Restored,
};

/// Writes the database to a new file.
pub(super) fn backup(place: &Place, to: &Path, json: bool) -> Result<Answer, Failure> {
    let config = place.config()?;
    let mut bar = Bar::new("pages", json);
    app::back_up(&config, to, &mut |done, all| bar.at("Backing up", done, all))?;
    drop(bar);
    let bytes = fs::metadata(to).map(|file| file.len()).unwrap_or_default();
    let path = to.display().to_string();
    let text = format!(
        "{path} holds the whole database ({bytes} bytes). Keep the master key apart from it: one is of \
         no use without the other. To go back to it: countersign restore {path}"
    );
    let json = json!({ "backup": path, "bytes": bytes });
    Ok(Answer { text: shown(&text), json, exit: Exit::Good })
}

/// Puts a backup in the place of the database.
pub(super) fn restore(place: &Place, from: &Path, json: bool) -> Result<Answer, Failure> {
    let config = place.config()?;
    let mut bar = Bar::new("pages", json);
    let now = app::clock().now();
    let mut watch = |done, all| bar.at("Restoring", done, all);
    let restored = app::restore(&config, from, now, &mut watch)?;
    drop(bar);
    Ok(told(from, &restored))
}

/// Ends what was issued before, in a database that was restored by other means.
pub(super) async fn epoch(place: &Place) -> Result<Answer, Failure> {
    let config = place.config()?;
    let epoch = app::begin_epoch(&config, app::clock().now()).await?;
    let text = format!("Epoch {} has begun. {ENDED}", epoch.number);
    let json = json!({ "epoch": epoch.number, "began_at": epoch.began_at });
    Ok(Answer { text, json, exit: Exit::Good })
}

/// Which of the two ways was asked for.
pub(super) fn path(asked: &Restore) -> Option<&Path> {
    asked.path.as_deref().filter(|_| !asked.epoch)
}

fn told(from: &Path, restored: &Restored) -> Answer {
    let Restored { epoch, before, locked_out } = restored;
    let before = before.as_ref().map(|path| path.display().to_string());
    let mut text = format!("{} is the database now. {ENDED}", from.display());
    if let Some(before) = &before {
        let _ = write!(text, " What was there before is {before}.");
    }
    match locked_out {
        Some(0) => {}
        Some(people) => {
            let _ = write!(text, " Who was disabled there stays disabled ({people}).");
        }
        None => text.push_str(UNREAD),
    }
    let json = json!({
        "restored": from.display().to_string(), "before": before, "epoch": epoch.number,
        "began_at": epoch.began_at, "disabled_before": locked_out,
    });
    Answer { text: shown(&text), json, exit: Exit::Good }
}

const ENDED: &str = "Every sign-in, connected app and token from before has ended, whether or not it \
    was revoked: people sign in again. People, clients and what was agreed to are kept.";

const UNREAD: &str = " Who was disabled in the database that was there could not be read: those whom the backup does \
    not know as disabled may sign in again. Look through `countersign user list`.";

impl From<KeepFault> for Failure {
    fn from(fault: KeepFault) -> Self {
        match fault {
            KeepFault::Start(fault) => fault.into(),
            KeepFault::NoFile => Self::Misuse(fault.to_string()),
            other => Self::Broken(other.into()),
        }
    }
}
