//! `countersign key list`.

use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    app,
    cli::{
        client::when,
        faults::Failure,
        output::{Answer, DIM, Exit, GOOD, PLAIN, Table, WARN},
        place,
    },
    config::Config,
    engine::{
        keys::{Life, Ring, Stage},
        record::SigningKeyRecord,
    },
    jose::seal::MasterKeyId,
};

/// One key, as it is shown.
struct Line<'a> {
    key: &'a SigningKeyRecord,
    life: Life,
    seal: Seal,
}

/// Which of the master keys sealed it.
enum Seal {
    First(MasterKeyId),
    Older(MasterKeyId),
    Missing(String),
}

/// Every signing key, the oldest first.
pub(super) async fn list(config: &Config) -> Result<Answer, Failure> {
    let store = place::store_if_there(config).await?;
    let (mut records, mut master) = (Vec::new(), Vec::new());
    if let Some(store) = store {
        records = store.signing_keys().await?;
        master = super::managed(config, store)?.map_or(master, |it| it.vault.ids().collect());
    }
    let algorithm = config.signing_algorithm.name();
    let (limits, now) = (&config.limits, app::clock().now());
    let ring = Ring { records: &records, algorithm, limits, now };
    let line = |key| Line { key, life: ring.life(key), seal: seal(key, &master) };
    let lines: Vec<Line<'_>> = records.iter().map(line).collect();
    let json = lines.iter().map(Line::json).collect();
    Ok(Answer { text: table(&lines), json, exit: Exit::Good })
}

fn seal(key: &SigningKeyRecord, master: &[MasterKeyId]) -> Seal {
    let Some(id) = MasterKeyId::of(&key.sealed) else { return Seal::Missing("?".to_owned()) };
    match master.iter().position(|known| *known == id) {
        Some(0) => Seal::First(id),
        Some(_) => Seal::Older(id),
        None => Seal::Missing(id.to_string()),
    }
}

fn table(lines: &[Line<'_>]) -> String {
    if lines.is_empty() {
        return "There are no signing keys yet; the service makes the first one when it starts."
            .to_owned();
    }
    let header =
        ["Id", "Algorithm", "Stage", "Made", "Signs from", "Published until", "Master key"];
    let mut table = Table::new(header);
    for line in lines {
        let style = match (&line.seal, line.life.stage) {
            (Seal::Missing(_), _) => WARN,
            (_, Stage::Active) => GOOD,
            (_, Stage::Announced) => PLAIN,
            (_, Stage::Retiring | Stage::Gone) => DIM,
        };
        table.row(
            style,
            [
                line.key.id.to_string(),
                line.key.algorithm.clone(),
                line.life.stage.name().to_owned(),
                when(line.key.created_at),
                when(line.key.active_at),
                line.life.published_until.map_or_else(String::new, when),
                line.seal.words(),
            ],
        );
    }
    table.render()
}

impl Line<'_> {
    fn json(&self) -> Value {
        let (key, life) = (self.key, self.life);
        json!({
            "id": key.id,
            "algorithm": key.algorithm,
            "stage": life.stage.name(),
            "created_at": key.created_at.unix(),
            "signs_from": key.active_at.unix(),
            "signs_until": life.signs_until.map(Timestamp::unix),
            "published_until": life.published_until.map(Timestamp::unix),
            "master_key": { "id": self.seal.id(), "place": self.seal.place() },
        })
    }
}

impl Seal {
    fn id(&self) -> String {
        match self {
            Self::First(id) | Self::Older(id) => id.to_string(),
            Self::Missing(id) => id.clone(),
        }
    }

    const fn place(&self) -> &'static str {
        match self {
            Self::First(_) => "first",
            Self::Older(_) => "older",
            Self::Missing(_) => "missing",
        }
    }

    fn words(&self) -> String {
        match self {
            Self::First(id) => id.to_string(),
            Self::Older(id) => format!("{id}, not the first"),
            Self::Missing(id) => format!("{id}, not given here"),
        }
    }
}
