//! M: the keys that sign, and what is published of them.

use std::path::Path;

use countersign::{
    jose::{
        algorithm::Algorithm,
        sign::{KeyFault, SigningKey},
    },
    store::Keyring as _,
};
use serde_json::json;

use super::{before::Before, source};
use crate::{
    harness::{Service, Setup, claims},
    keys::{DAY, access, hand, kid, lasting, published, tick},
};

/// By itself and by hand: published first, and only later in use.
#[tokio::test]
async fn m02_a_new_key_signs_nothing_for_a_day() {
    for by_hand in [false, true] {
        let service = Service::start().await;
        let first = published(&service).await;
        if by_hand {
            hand(&service).rotate(false).await.unwrap();
        } else {
            service.wait(89 * DAY - 1);
            tick(&[&service]).await;
            assert_eq!(published(&service).await, first, "a second too early");
            service.wait(1);
        }
        tick(&[&service]).await;
        let both = published(&service).await;
        assert_eq!((both.len(), &both[0]), (2, &first[0]), "announced");
        service.wait(DAY - 1);
        tick(&[&service]).await;
        let before = Before::of(&service);
        tick(&[&service]).await;
        before.stands(&service, &[]);
        assert_eq!(kid(&access(&service).await), both[0], "a second too early");
        service.wait(1);
        tick(&[&service]).await;
        assert_eq!(kid(&access(&service).await), both[1]);
        assert_eq!(published(&service).await, both, "and the old one still verifies");
    }
}

#[tokio::test]
async fn m03_a_key_outlives_every_token_that_it_signed() {
    let longest = "24h";
    let setup = Setup::new().variable("COUNTERSIGN_ACCESS_TTL", longest);
    for longer in ["25h", "30d", "1000h"] {
        let setup = Setup::new().variable("COUNTERSIGN_ACCESS_TTL", longer);
        assert_eq!(setup.load().unwrap_err()[0].place, "COUNTERSIGN_ACCESS_TTL", "{longer}");
    }
    let service = setup.start().await;
    service.wait(89 * DAY);
    tick(&[&service]).await;
    service.wait(DAY - 1);
    let token = access(&service).await;
    let said = claims(&token).1;
    let life = said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap();
    let fortnight = lasting(&service, &token, 100).await;
    service.wait(1);
    tick(&[&service]).await;
    assert_ne!(kid(&access(&service).await), kid(&token), "the last token of the old key");
    service.wait(u64::try_from(life).unwrap() + 58);
    tick(&[&service]).await;
    assert_eq!(service.mcp(&token).await, 200, "to its last second");
    service.wait(1);
    assert_eq!(service.mcp(&token).await, 401);
    service.wait(14 * DAY - u64::try_from(life).unwrap() - 60);
    tick(&[&service]).await;
    assert_eq!(service.mcp(&fortnight).await, 200);
    service.wait(1);
    tick(&[&service]).await;
    let before = Before::of(&service);
    assert_eq!(service.mcp(&fortnight).await, 401, "and then the key is gone");
    assert_eq!(published(&service).await.len(), 1);
    before.stands(&service, &[&token, &fortnight]);
}

#[tokio::test]
async fn m05_no_private_key_stands_in_the_clear_anywhere() {
    let service = Service::start().await;
    let token = access(&service).await;
    let keys = hand(&service);
    let record = service.store.signing_keys().await.unwrap().remove(0);
    let opened = keys.vault.open("signing-key", &record.sealed).unwrap();
    let secret = &opened[opened.len() / 4..][..24];
    for file in std::fs::read_dir(service.root().join("data")).unwrap() {
        let file = file.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(secret.len()).any(|it| it == secret), "{}", file.display());
    }
    let before = Before::of(&service);
    let set = service.get("/jwks").await.json();
    for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
        assert!(set["keys"][0].get(private).is_none(), "{private}");
    }
    for path in [
        "/debug",
        "/debug/vars",
        "/debug/pprof/",
        "/keys",
        "/admin/keys",
        "/jwks/private",
        "/.env",
        "/data/countersign.db",
        "/data/master.key",
        "/static/../data/master.key",
        "/static/..%2fdata%2fmaster.key",
        "/static/master.key",
        "/backup",
        "/config",
    ] {
        assert_eq!(service.get(path).await.status, 404, "{path}");
    }
    let shown = format!("{:?} {:?}", keys.open().await.unwrap().now().signer, service.config);
    let master = std::fs::read_to_string(service.root().join("data/master.key")).unwrap();
    assert!(!shown.contains(master.trim()) && !shown.to_lowercase().contains("pkcs8"), "{shown}");
    before.stands(&service, &[&token, master.trim()]);
}

#[test]
fn m05_no_private_key_stands_in_the_repository() {
    let mut files = Vec::new();
    for folder in
        ["src", "docs", "examples", "providers", "servers", "templates", "migrations", "scripts"]
    {
        source::walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    assert!(files.len() > 200, "{}", files.len());
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_lowercase();
        let bytes = std::fs::read(&file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for after in text.split("PRIVATE KEY-----").skip(1) {
            let key = after.trim_start().bytes().take_while(u8::is_ascii_alphanumeric).count();
            assert!(key < 20, "{}", file.display());
        }
        let kinds = [".pem", ".key", ".p8", ".p12", ".pfx", ".jks", ".db", ".env"];
        assert!(!kinds.iter().any(|kind| name.ends_with(kind)), "{}", file.display());
    }
}

/// The `rsa` crate, which has no remedy against timing, comes with `openidconnect` and holds no private key:
/// RSA is verified by aws-lc, and what we publish is signed on curves.
#[tokio::test]
async fn m06_no_access_token_is_signed_by_rsa_and_no_code_of_ours_names_the_crate() {
    for alg in ["RS256", "RS512", "PS256", "HS256", "none", "ES512"] {
        let setup = Setup::new().variable("COUNTERSIGN_SIGNING_ALG", alg);
        assert_eq!(setup.load().unwrap_err()[0].place, "COUNTERSIGN_SIGNING_ALG", "{alg}");
    }
    for alg in ["ES256", "EdDSA"] {
        let setup = Setup::new().variable("COUNTERSIGN_SIGNING_ALG", alg);
        let service = setup.start().await;
        assert_eq!(claims(&access(&service).await).0["alg"], alg);
        let set = service.get("/jwks").await.json();
        assert!(set["keys"].as_array().unwrap().iter().all(|key| key["kty"] != json!("RSA")));
        service.log.keeps(&["eyJ"]);
    }
    for algorithm in [Algorithm::Ps256, Algorithm::Rs384] {
        assert_eq!(SigningKey::generate(algorithm).err(), Some(KeyFault::Algorithm));
    }
    for (file, text) in source::of_ours() {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
        let named = words.any(|word| word.starts_with("rsa::"));
        // aws-lc's module of that name, for the development provider's own keys.
        let home = file.ends_with("src/jose/sign.rs") && text.contains("    rsa::{KeySize");
        assert!(!named || home, "{}", file.display());
    }
    assert_eq!(source::users_of("rsa"), ["openidconnect"]);
}
