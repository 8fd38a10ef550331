//! What stood before an attack, and must stand after it.

use crate::harness::Service;

/// Rows of the database, as they were.
pub(super) struct Before {
    rows: Vec<String>,
    about: String,
}

impl Before {
    /// Every row.
    pub(super) fn of(service: &Service) -> Self {
        Self::about(service, "")
    }

    /// The rows about one person, when others may come to the database meanwhile.
    pub(super) fn about(service: &Service, person: &str) -> Self {
        Self { rows: rows_about(service, person), about: person.to_owned() }
    }

    /// Fails when a row came, went or changed, or when one of these secrets was logged.
    pub(super) fn stands(&self, service: &Service, secrets: &[&str]) {
        assert_eq!(rows_about(service, &self.about), self.rows, "the attack changed a row");
        service.log.keeps(secrets);
    }

    /// The same, where one row of this table is known to change: what became of it, the test says.
    pub(super) fn stands_but_for_one_of(&self, table: &str, service: &Service, secrets: &[&str]) {
        let (after, start) = (service.state(), format!("{table} "));
        assert_eq!(after.len(), self.rows.len(), "the attack made or removed a row");
        let changed = self.rows.iter().zip(&after).filter(|(before, after)| before != after);
        let changed: Vec<_> = changed.map(|(_, after)| after).collect();
        assert!(matches!(changed[..], [row] if row.starts_with(&start)), "{changed:#?}");
        service.log.keeps(secrets);
    }
}

fn rows_about(service: &Service, text: &str) -> Vec<String> {
    let rows = service.state();
    rows.into_iter().filter(|row| row.contains(text)).collect()
}
