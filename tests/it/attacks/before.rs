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
}
