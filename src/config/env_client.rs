//! One client known beforehand, from `OAUTH_CLIENT_ID`, `OAUTH_CLIENT_SECRET`, `OAUTH_REDIRECT_URI`.

use std::collections::BTreeSet;

use crate::{
    ambient::Timestamp,
    engine::record::{AuthMethod, Client, ClientKind},
    protocol::{
        id::ClientId,
        issuer::Issuer,
        redirect::{RedirectFault, RedirectUri},
        secret::Digest,
    },
};

use super::{master_key::is_guessable, reader::Reader};

/// The client's record, if its variables are set; none after a fault as well.
pub(super) fn read(reader: &mut Reader<'_>, public_url: &Issuer) -> Option<Client> {
    let id = reader.given(ID);
    let secret = reader.given(SECRET);
    let uris = reader.given(REDIRECT);
    let Some(id) = id else {
        for (name, value) in [(SECRET, &secret), (REDIRECT, &uris)] {
            if value.is_some() {
                reader.fault(name, "is set without OAUTH_CLIENT_ID", "set it too, or remove this");
            }
        }
        return None;
    };
    if secret.as_ref().is_some_and(|secret| is_guessable(secret)) && !public_url.is_loopback() {
        let what = "is guessable: short, of few letters, or printed in a guide";
        reader.fault(SECRET, what, "make one: openssl rand -base64 32");
    }
    if !is_client_id(&id) {
        reader.fault(ID, "is not a client id", "use printable ASCII and no colon, as in my-client");
    }
    let redirect_uris = redirect_uris(reader, uris.is_some())?;
    let (auth_methods, secret) = credentials(secret.as_ref().map(|secret| secret.as_str()));
    Some(Client {
        id: ClientId::new(id.as_str()),
        kind: ClientKind::PreRegistered,
        name: id.to_string(),
        uri: None,
        redirect_uris,
        auth_methods,
        secret,
        keys: None,
        refreshes: true,
        created_at: Timestamp::from_unix(0),
        expires_at: None,
    })
}

/// RFC 6749 §A.1: visible characters, and no colon: a URL would name a metadata document instead.
fn is_client_id(id: &str) -> bool {
    let visible = id.bytes().all(|b| (0x21..=0x7E).contains(&b) && b != b':');
    visible && id.len() <= 255
}

fn redirect_uris(reader: &mut Reader<'_>, given: bool) -> Option<Vec<RedirectUri>> {
    let remedy =
        "write the whole URI, such as http://127.0.0.1/callback; separate several by spaces";
    if !given {
        reader.fault(REDIRECT, "is not set, but OAUTH_CLIENT_ID is", remedy);
        return None;
    }
    let each = |text: &str| -> Result<Vec<RedirectUri>, RedirectFault> {
        text.split_whitespace().map(RedirectUri::parse).collect()
    };
    let uris = reader.parse(REDIRECT, each, remedy)?;
    if uris.is_empty() {
        reader.fault(REDIRECT, "names no URI", remedy);
        return None;
    }
    Some(uris)
}

fn credentials(secret: Option<&str>) -> (BTreeSet<AuthMethod>, Option<Digest>) {
    match secret {
        None => ([AuthMethod::None].into(), None),
        Some(secret) => (
            [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost].into(),
            Some(Digest::of(secret)),
        ),
    }
}

const ID: &str = "OAUTH_CLIENT_ID";
const SECRET: &str = "OAUTH_CLIENT_SECRET";
const REDIRECT: &str = "OAUTH_REDIRECT_URI";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{fault::Fault, lookup::Lookup};

    fn client(
        url: &str,
        variables: &[(&'static str, &'static str)],
    ) -> (Option<Client>, Vec<Fault>) {
        let look = Lookup::new(variables.iter().copied());
        let mut reader = Reader::new(&look);
        let client = read(&mut reader, &Issuer::parse(url).unwrap());
        (client, reader.into_faults())
    }

    const LOCAL: &str = "http://localhost:8000";

    #[test]
    fn nothing_set_is_no_client() {
        assert_eq!(client(LOCAL, &[]), (None, vec![]));
    }

    #[test]
    fn with_a_secret_it_is_confidential_and_without_public() {
        let uri = (REDIRECT, "http://127.0.0.1/cb https://a.example/cb");
        let (made, faults) = client(LOCAL, &[(ID, "me"), (SECRET, "s"), uri]);
        let made = made.unwrap();
        assert_eq!((made.redirect_uris.len(), faults), (2, vec![]));
        assert!(made.secret.unwrap().matches(&Digest::of("s")));
        assert!(!made.auth_methods.contains(&AuthMethod::None));
        let public = client(LOCAL, &[(ID, "me"), uri]).0.unwrap();
        assert_eq!(public.auth_methods, [AuthMethod::None].into());
    }

    #[test]
    fn half_a_client_is_refused() {
        assert_eq!(client(LOCAL, &[(SECRET, "s"), (REDIRECT, "x")]).1.len(), 2);
        assert_eq!(client(LOCAL, &[(ID, "me")]).1[0].place, REDIRECT);
        let (_, faults) = client(LOCAL, &[(ID, "me"), (REDIRECT, "http://evil.example/cb")]);
        assert_eq!(faults[0].place, REDIRECT);
    }

    #[test]
    fn a_guessable_secret_is_refused_in_public() {
        let (_, faults) = client(
            "https://a.example",
            &[(ID, "me"), (SECRET, "hunter2"), (REDIRECT, "http://127.0.0.1/cb")],
        );
        assert_eq!(faults.len(), 1);
        assert!(!faults[0].to_string().contains("hunter2"));
    }
}
