//! What a person is called may change; who they are does not.

use serde_json::json;

use super::{kind::Kind, world::World};

#[tokio::test]
async fn another_address_under_the_same_subject_is_the_same_person() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = world.user_of(&world.walk().await.landing()).await;
        world.provider.now(|desk| {
            desk.person["email"] = json!("alice@new.example");
            desk.person["name"] = json!("Alice Pleasance");
        });
        assert_eq!(world.user_of(&world.walk().await.landing()).await, alice);
        let user = world.user(&alice).await;
        assert_eq!(user.email.as_deref(), Some("alice@new.example"));
        assert_eq!(user.name.as_deref(), Some("Alice Pleasance"));
    }
}
