//! What stood before an attack, and must stand after it.

use crate::harness::Service;

/// Every row of the database, as it was.
pub(super) struct Before(Vec<String>);

impl Before {
    pub(super) fn of(service: &Service) -> Self {
        Self(service.state())
    }

    /// Fails when a row came, went or changed, or when one of these secrets was logged.
    pub(super) fn stands(&self, service: &Service, secrets: &[&str]) {
        assert_eq!(service.state(), self.0, "the attack changed a row");
        service.log.keeps(secrets);
    }

    /// The same, where one row of this table is known to change: what became of it, the test says.
    pub(super) fn stands_but_for_one_of(&self, table: &str, service: &Service, secrets: &[&str]) {
        let (after, start) = (service.state(), format!("{table} "));
        assert_eq!(after.len(), self.0.len(), "the attack made or removed a row");
        let changed = self.0.iter().zip(&after).filter(|(before, after)| before != after);
        let changed: Vec<_> = changed.map(|(_, after)| after).collect();
        assert!(matches!(changed[..], [row] if row.starts_with(&start)), "{changed:#?}");
        service.log.keeps(secrets);
    }
}
