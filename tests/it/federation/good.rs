//! Each kind of provider when all is well: from the client's request to a token that works.

use serde_json::json;
use url::Url;

use super::{
    keys::{CURRENT, CURVE, NEXT},
    kind::{EMAIL, Kind, with_keys},
    world::World,
};

#[tokio::test]
async fn every_kind_signs_a_person_in_with_the_scopes_of_its_file() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
        assert_eq!(world.service.rows(), "clients 1, codes 1, consents 1, grants 1, identities 1, users 1");
        world.log_keeps_secrets();
        assert!(!world.service.log.text().contains(EMAIL));
    }
}

