//! What strangers try with metadata documents: to fill us up, to lock others out, to have us ask.

use countersign::store::Store as _;
use serde_json::json;

use super::documents::Documented;

const DAY: u64 = 86_400;

impl Documented {
    /// Leaves for the provider, as anybody can, and does not come back.
    async fn leaves(&self) {
        let ask = self.service.ask(&self.id);
        self.service.to_provider(&mut self.service.browser(), &ask, "dev").await;
    }

    /// Asks for invented clients of the same host until no more of them are fetched.
    async fn flood(&self) {
        for number in 0..20 {
            let ask = self.service.ask(&format!("{}/{number}.json", self.host.uri()));
            self.service.get(&format!("/authorize?{}", ask.encoded())).await;
        }
    }

    async fn swept(&self) -> String {
        self.service.store.sweep(self.service.now(), 100).await.unwrap();
        self.service.rows()
    }
}

#[tokio::test]
async fn a_document_nobody_signed_in_with_leaves_the_database_again() {
    let client = Documented::with(json!({})).await;
    client.leaves().await;
    assert_eq!(client.swept().await, "clients 1, sign_ins 1");
    client.service.wait(DAY + 1);
    assert_eq!(client.swept().await, "");
}

#[tokio::test]
async fn a_stranger_who_leaves_for_the_provider_does_not_cut_the_life_of_a_document_in_use() {
    let client = Documented::with(json!({})).await;
    let answer = client.service.token(&client.exchange().await).await;
    let token = answer.json()["refresh_token"].as_str().unwrap().to_owned();
    client.leaves().await;
    client.service.wait(2 * DAY);
    client.swept().await;
    let refreshed = client.service.token(&client.service.refresh(&client.id, &token)).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

#[tokio::test]
async fn a_flood_of_invented_clients_does_not_lock_a_known_one_out() {
    let client = Documented::with(json!({})).await;
    client.leaves().await;
    let client = Documented { service: client.service.restart().await, ..client };
    client.flood().await;
    assert_eq!(client.open().await.status, 200, "known from the store");
    let answer = client.service.token(&client.exchange().await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(client.asked("/client.json").await, 1, "and not asked for again");
    let newcomer = client.service.ask(&format!("{}/new.json", client.host.uri()));
    let page = client.service.get(&format!("/authorize?{}", newcomer.encoded())).await.page();
    assert!(page.starts_with("503 "), "{page}");
}
