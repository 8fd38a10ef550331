use super::*;
use crate::{
    engine::samples::client,
    protocol::error::{TokenErrorCode, TokenErrorCode::InvalidClient},
};

fn read(header: Option<&str>, form: &str) -> Result<Credentials, TokenErrorCode> {
    let params = Params::parse(form).unwrap();
    Credentials::read(header, &params).map_err(|error| error.code)
}

fn basic_header(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

fn judge(method: AuthMethod, header: Option<&str>, form: &str) -> Result<(), TokenErrorCode> {
    let credentials = read(header, form)?;
    let secret = (method != AuthMethod::None).then_some("s:%cret");
    let known = client(method, secret);
    AuthenticatedClient::by_secret(Some(known), &credentials.proof).map(drop).map_err(|e| e.code)
}

#[test]
fn basic_is_form_decoded_on_both_sides() {
    let header = basic_header("app:s%3A%25cret");
    assert_eq!(judge(AuthMethod::ClientSecretBasic, Some(&header), ""), Ok(()));
    let raw = basic_header("app:s:%25cret");
    assert_eq!(judge(AuthMethod::ClientSecretBasic, Some(&raw), ""), Ok(()));
}

#[test]
fn each_client_is_held_to_the_method_it_registered() {
    let header = basic_header("app:s%3A%25cret");
    let post = "client_id=app&client_secret=s%3A%25cret";
    assert_eq!(judge(AuthMethod::ClientSecretPost, None, post), Ok(()));
    assert_eq!(judge(AuthMethod::None, None, "client_id=app"), Ok(()));
    for (method, header, form) in [
        (AuthMethod::ClientSecretPost, Some(header.as_str()), ""),
        (AuthMethod::ClientSecretBasic, None, post),
        (AuthMethod::ClientSecretPost, None, "client_id=app"),
        (AuthMethod::None, None, post),
        (AuthMethod::ClientSecretPost, None, "client_id=app&client_secret=wrong"),
        (AuthMethod::PrivateKeyJwt, None, "client_id=app"),
    ] {
        assert_eq!(judge(method, header, form), Err(InvalidClient), "{method:?} {form}");
    }
}

#[test]
fn two_methods_at_once_are_refused() {
    let header = basic_header("app:x");
    let both = read(Some(&header), "client_secret=x").unwrap_err();
    assert_eq!(both, TokenErrorCode::InvalidRequest);
    let other = read(Some(&header), "client_id=other").unwrap_err();
    assert_eq!(other, TokenErrorCode::InvalidRequest);
}

#[test]
fn an_unknown_client_and_no_client_are_invalid_client() {
    let unknown = AuthenticatedClient::by_secret(None, &Proof::None).unwrap_err();
    assert_eq!(unknown.code, InvalidClient);
    assert_eq!(read(None, "").unwrap_err(), InvalidClient);
    assert_eq!(read(Some("Digest x"), "").unwrap_err(), InvalidClient);
}

#[test]
fn an_assertion_needs_its_type() {
    let wrong = "client_assertion=a.b.c&client_assertion_type=saml";
    assert_eq!(read(None, wrong).unwrap_err(), TokenErrorCode::InvalidRequest);
    let alone = "client_assertion=a.b.c";
    assert_eq!(read(None, alone).unwrap_err(), TokenErrorCode::InvalidRequest);
    let good = format!("{alone}&client_assertion_type={JWT_BEARER}");
    let Credentials { client: None, proof } = read(None, &good).unwrap() else { panic!("named") };
    assert!(matches!(proof, Proof::Assertion(ref jwt) if **jwt == "a.b.c"), "{proof:?}");
}

#[test]
fn an_assertion_is_for_a_client_that_registered_it_and_no_secret() {
    for method in [AuthMethod::None, AuthMethod::ClientSecretBasic, AuthMethod::PrivateKeyJwt] {
        let taken = AuthenticatedClient::by_verified_assertion(client(method, None));
        assert_eq!(taken.is_ok(), method == AuthMethod::PrivateKeyJwt, "{method:?}");
    }
    // Whoever has not verified it has proven nothing by it.
    let unread = Proof::Assertion(Zeroizing::new("a.b.c".to_owned()));
    let client = client(AuthMethod::PrivateKeyJwt, None);
    assert!(AuthenticatedClient::by_secret(Some(client), &unread).is_err());
}

#[test]
fn credentials_print_no_secret() {
    let shown = format!("{:?}", read(None, "client_id=app&client_secret=hush").unwrap());
    assert_eq!(shown, r#"Credentials { client: Some(ClientId("app")), proof: Post([redacted]) }"#);
}
