//! Grants and consents, gathered by the app they are for.

use super::{Accounts, App};
use crate::{
    engine::record::{Consent, Grant},
    protocol::id::ClientId,
    store::StoreError,
};

impl Accounts {
    pub(super) async fn apps(
        &self,
        grants: Vec<Grant>,
        consents: Vec<Consent>,
    ) -> Result<Vec<App>, StoreError> {
        let mut apps: Vec<App> = Vec::new();
        for grant in grants {
            self.app(&mut apps, &grant.authorization.client.clone(), |app| app.grants.push(grant))
                .await?;
        }
        for consent in consents {
            self.app(&mut apps, &consent.client.clone(), |app| app.consents.push(consent)).await?;
        }
        Ok(apps)
    }

    async fn app(
        &self,
        apps: &mut Vec<App>,
        id: &ClientId,
        add: impl FnOnce(&mut App),
    ) -> Result<(), StoreError> {
        if let Some(app) = apps.iter_mut().find(|app| app.id == *id) {
            add(app);
            return Ok(());
        }
        let client = self.clients.known(id).await?;
        let (grants, consents) = (Vec::new(), Vec::new());
        let mut app = App { id: id.clone(), client, grants, consents };
        add(&mut app);
        apps.push(app);
        Ok(())
    }
}
