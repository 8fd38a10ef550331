//! `countersign token inspect`: each refusal by its name, and never the token.

use countersign::protocol::{
    id::ClientId,
    secret::{AuthorizationCode, BrowserToken, ClientSecret, UpstreamState},
};

use super::{
    Ended, Folder,
    forge::{Forge, but, claims, now, sign_elsewhere},
};

fn inspect(folder: &Folder, token: &str) -> Ended {
    let told = folder.run_with(&["token", "inspect", "--json"], token);
    let human = folder.run_with(&["token", "inspect"], token);
    for text in [&told.out, &told.err, &human.out, &human.err] {
        assert!(token.len() < 20 || !text.contains(token), "the token is printed");
    }
    assert_eq!(told.code, human.code);
    told
}

/// The result of one check.
fn result<'a>(told: &'a serde_json::Value, name: &str) -> &'a str {
    let checks = told["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["check"] == name);
    check.map_or("absent", |check| check["result"].as_str().unwrap())
}

#[tokio::test]
async fn a_good_token_is_accepted_and_its_scopes_are_spelled_out() {
    let folder = Folder::shipped();
    let token = Forge::of(&folder).await.sign(&claims());
    let told = inspect(&folder, &token);
    let json = told.json();
    assert_eq!((told.code, &json["accepted"]), (0, &true.into()), "{}", told.out);
    for check in [
        "structure",
        "algorithm",
        "type",
        "key",
        "signature",
        "issuer",
        "audience",
        "expiry",
        "issued",
        "scopes",
    ] {
        assert_eq!(result(&json, check), "ok", "{check}");
    }
    assert_eq!(result(&json, "grant"), "not_checked"); // this forge writes no grants
    assert!(told.out.contains("come to admin read write"));
    assert_eq!(
        json["facts"]["may_call"],
        "public_tool rate_limited_tool read_data secure_operation user_profile whoami"
    );
}

#[tokio::test]
async fn a_token_is_taken_from_the_arguments_or_a_pasted_header_too() {
    let folder = Folder::shipped();
    let token = Forge::of(&folder).await.sign(&claims());
    assert_eq!(folder.run(&["token", "inspect", &token]).code, 0);
    let header = format!("Authorization: Bearer {token}\n");
    assert_eq!(folder.run_with(&["token", "inspect"], &header).code, 0);
}

#[tokio::test]
async fn each_wrong_claim_is_named() {
    let folder = Folder::shipped();
    let forge = Forge::of(&folder).await;
    let past = now().unix() - 3600;
    for (claims, check) in [
        (but("iss", "https://evil.example"), "issuer"),
        (but("aud", "http://localhost:8000/other"), "audience"),
        (but("exp", past), "expiry"),
        (but("iat", now().unix() + 3600), "issued"),
        (but("nbf", now().unix() + 3600), "not before"),
        (but("aud", serde_json::json!(["http://localhost:8000/mcp"])), "claims"),
    ] {
        let told = inspect(&folder, &forge.sign(&claims));
        assert_eq!(told.code, 1, "{check}");
        assert_eq!(result(&told.json(), check), "refused", "{}", told.out);
        assert_eq!(result(&told.json(), "signature"), "ok");
    }
}

#[tokio::test]
async fn a_changed_token_and_one_of_another_key_or_type_is_not_believed() {
    let folder = Folder::shipped();
    let forge = Forge::of(&folder).await;
    let good = forge.sign(&claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, other) = forge
        .sign(&but("scope", "read"))
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    for (token, check) in [
        (format!("{signed}.{other}"), "signature"),
        (sign_elsewhere(&claims()), "key"),
        (forge.sign_as("JWT", &claims()), "type"),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), "structure"),
        ("not a token".to_owned(), "structure"),
    ] {
        let told = inspect(&folder, &token);
        assert_eq!(told.code, 1, "{check}");
        assert_eq!(result(&told.json(), check), "refused", "{}", told.out);
        assert_eq!(result(&told.json(), "issuer"), "absent");
    }
}

#[test]
fn without_a_database_nothing_is_believed_and_nothing_is_made() {
    let folder = Folder::shipped();
    let told = inspect(&folder, &sign_elsewhere(&claims()));
    assert_eq!((told.code, result(&told.json(), "key")), (1, "refused"));
    assert!(!folder.path().join("data").exists());
    assert_eq!(folder.run_with(&["token", "inspect"], " \n").code, 2);
}

#[tokio::test]
async fn refresh_tokens_codes_and_secrets_are_recognised_by_their_prefix() {
    let folder = Folder::shipped();
    let forge = Forge::of(&folder).await;
    let refresh = forge.refresh_token().reveal().to_owned();
    for (secret, kind, check) in [
        (refresh.clone(), "refresh_token", "grant"),
        (refresh[..refresh.len() - 1].to_owned(), "refresh_token", "structure"),
        (
            AuthorizationCode::from_entropy([1; 32]).reveal().to_owned(),
            "authorization_code",
            "known",
        ),
        (ClientSecret::from_entropy([1; 32]).reveal().to_owned(), "client_secret", "client"),
        (UpstreamState::from_entropy([1; 32]).reveal().to_owned(), "upstream_state", "use"),
        (BrowserToken::from_entropy([1; 32]).reveal().to_owned(), "browser_token", "use"),
    ] {
        let told = inspect(&folder, &secret);
        assert_eq!((told.code, &told.json()["kind"]), (1, &kind.into()));
        assert_eq!(result(&told.json(), check), "refused", "{}", told.out);
    }
}

#[tokio::test]
async fn a_client_secret_is_traced_to_its_client() {
    let folder = Folder::shipped();
    let add = ["client", "add", "--name", "App", "--redirect", "https://a.example/cb"];
    let added =
        folder.run(&[&add[..], &["--confidential", "post", "--id", "app", "--json"]].concat());
    let secret = added.json()["client_secret"].as_str().unwrap().to_owned();
    let told = inspect(&folder, &secret);
    assert_eq!((told.code, &told.json()["facts"]["client"]), (0, &"app".into()));
    let forge = Forge::of(&folder).await;
    assert!(forge.store.remove_client(&ClientId::new("app"), now()).await.unwrap());
    assert_eq!(inspect(&folder, &secret).code, 1);
}
