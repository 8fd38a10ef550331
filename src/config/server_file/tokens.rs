//! What a server file says about tokens: their form, static ones, and who may ask about them.

use serde::Deserialize;
use toml::Spanned;

use super::table::{AuthWord, ServerFile};
use crate::{
    config::toml_file::TomlFile,
    engine::policy::{StaticToken, TokenForm, TokenSettings},
    protocol::{
        id::UserId,
        scope::{Scope, Scopes},
        secret::Digest,
    },
    provider::secret::Secret,
};

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FormWord {
    Jwt,
    Opaque,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntrospectionTable {
    secret: Secret,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenTable {
    sha256: String,
    user: String,
    name: Option<String>,
    email: Option<String>,
    scopes: Vec<Scope>, // no default: a forgotten `scopes` is no intention
}

/// Reads `tokens`, `introspection` and each `[[token]]`, at a server with these scopes.
pub(super) fn read(file: &mut TomlFile<'_>, raw: &ServerFile, scopes: &Scopes) -> TokenSettings {
    unheard(file, raw);
    let form = raw.tokens.as_ref().map_or(TokenForm::Jwt, |word| match word.get_ref() {
        FormWord::Jwt => TokenForm::Jwt,
        FormWord::Opaque => TokenForm::Opaque,
    });
    let introspection = raw.introspection.as_ref().and_then(|table| secret(file, table));
    let mut fixed: Vec<StaticToken> = Vec::new();
    for table in &raw.token {
        let Some(token) = token(file, table, scopes) else { continue };
        if fixed.iter().any(|known| known.digest == token.digest) {
            let what = "this sha256 is named twice";
            file.fault(table.span().start, what, "make another token for each user");
        }
        fixed.push(token);
    }
    TokenSettings { form, fixed, introspection }
}

/// Tokens that nobody could check, or would.
fn unheard(file: &mut TomlFile<'_>, raw: &ServerFile) {
    let opaque = raw.tokens.as_ref().filter(|word| matches!(word.get_ref(), FormWord::Opaque));
    let ours = [
        ("tokens = \"opaque\"", opaque.map(|word| word.span().start)),
        ("[[token]]", raw.token.first().map(|table| table.span().start)),
    ];
    let open = raw.auth.as_ref().is_some_and(|word| matches!(word.get_ref(), AuthWord::None));
    let elsewhere = raw.resource.is_some() && raw.upstream.is_none();
    let blind = elsewhere && raw.introspection.is_none();
    for (key, at) in ours {
        let Some(at) = at else { continue };
        if blind {
            let what = format!("{key} is nothing that a server elsewhere could check");
            let remedy = "add introspection = { secret = \"${NAME}\" }, by which it asks us";
            file.fault(at, what, remedy);
        }
        if open {
            let what = format!("{key} has no meaning where no token is asked for");
            file.fault(at, what, "remove it, or auth = \"none\"");
        }
    }
}

fn secret(file: &mut TomlFile<'_>, table: &Spanned<IntrospectionTable>) -> Option<Digest> {
    let text = table.get_ref().secret.reveal();
    if text.len() >= MIN_SECRET {
        return Some(Digest::of(text));
    }
    let what = format!("the secret is shorter than {MIN_SECRET} characters");
    file.fault(table.span().start, what, "make one with: openssl rand -hex 32");
    None
}

fn token(
    file: &mut TomlFile<'_>,
    table: &Spanned<TokenTable>,
    known: &Scopes,
) -> Option<StaticToken> {
    let (at, TokenTable { sha256, user, name, email, scopes }) =
        (table.span().start, table.get_ref());
    let scopes: Scopes = scopes.iter().cloned().collect();
    let digest = digest(sha256);
    if digest.is_none() {
        let remedy = "write what this prints: printf %s \"$TOKEN\" | sha256sum";
        file.fault(at, "sha256 is not a digest in 64 hexadecimal digits", remedy);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
    let named = (1..=100).contains(&user.len()) && user.bytes().all(plain);
    if !named || user.starts_with("usr_") {
        let remedy = "user = \"ci\"; for a person: countersign token create";
        file.fault(at, "user is not a plain name, or that of a real person", remedy);
    }
    let foreign = scopes.difference(known);
    if !foreign.is_empty() {
        let what = format!("the scopes are not this server's: {foreign}");
        file.fault(at, what, "write those of its [[scope]] tables");
    }
    let (user, name, email) = (UserId::new(user), name.clone(), email.clone());
    Some(StaticToken { digest: digest?, user, name, email, scopes })
}

fn digest(hex: &str) -> Option<Digest> {
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(Digest::from_bytes(bytes))
}

/// What is guessed is guessed offline by nobody: we keep digests, and 16 random bytes in hexadecimal
/// digits are out of reach online.
const MIN_SECRET: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{
            lookup::Lookup,
            server_file::{self, Place},
        },
        engine::policy::ServerSettings,
        protocol::issuer::Issuer,
    };

    const HERE: &str = "path = \"/mcp\"\nname = \"Tools\"\nupstream = \"demo\"\n";
    const SCOPE: &str = "[[scope]]\nname = \"read\"\nsays = \"It\"\n";
    const SECRET: &str = "introspection = { secret = \"0123456789abcdef0123456789abcdef\" }\n";

    fn one(sha256: &str, more: &str) -> String {
        format!("[[token]]\nsha256 = \"{sha256}\"\n{more}\n")
    }

    fn read(text: &str) -> (Option<ServerSettings>, Vec<String>) {
        let public_url = Issuer::parse("http://localhost:8000").unwrap();
        let mut file = TomlFile::parse("x", text, &Lookup::default());
        let place = Place { public_url: &public_url, loopback: true };
        let server = server_file::read(&mut file, "x", place);
        let faults = file.into_faults().into_iter().map(|fault| fault.what);
        (server.map(|server| server.settings), faults.collect())
    }

    #[test]
    fn a_static_token_is_known_by_its_digest_and_says_who_calls() {
        // printf %s test-token | sha256sum
        let hex = "4c5dc9b7708905f77f5e5d16316b5dfb425e68cb326dcd55a860e90a7707031e";
        let ci = "user = \"ci\"\nname = \"CI\"\nemail = \"ci@example.com\"\nscopes = [\"read\"]";
        let (server, faults) = read(&format!("{HERE}{SCOPE}{}", one(hex, ci)));
        assert_eq!(faults, [""; 0]);
        let server = server.unwrap();
        let [token] = server.tokens.fixed.as_slice() else { panic!("{:?}", server.tokens) };
        assert!(token.digest.matches(&Digest::of("test-token")));
        let claims = token.claims("http://localhost:8000", &server.resource);
        assert_eq!((claims.sub.as_str(), claims.aud.as_str()), ("ci", server.resource.as_str()));
        assert_eq!(claims.email.as_deref(), Some("ci@example.com"));
        assert_eq!(read(&format!("{HERE}{SCOPE}")).0.unwrap().tokens, TokenSettings::default());
    }

    #[test]
    fn a_static_token_that_is_not_meant_is_refused() {
        let hex = "ab".repeat(32);
        let good = "user = \"ci\"\nscopes = []";
        for (token, why) in [
            (one(&hex[1..], good), "sha256 is not a digest in 64 hexadecimal digits"),
            (one(&hex.replace('a', "é"), good), "sha256 is not a digest in 64 hexadecimal digits"),
            (
                one(&hex.replace("ab", "+b"), good),
                "sha256 is not a digest in 64 hexadecimal digits",
            ),
            (one(&hex, "user = \"ci\"\nscopes = [\"x\"]"), "the scopes are not this server's: x"),
            (one(&hex, "user = \"ci\""), "`scopes` is missing"),
            (
                one(&hex, "user = \"usr_x\"\nscopes = []"),
                "user is not a plain name, or that of a real person",
            ),
            (
                one(&hex, "user = \"a b\"\nscopes = []"),
                "user is not a plain name, or that of a real person",
            ),
            (one(&hex, good) + &one(&hex.to_uppercase(), good), "this sha256 is named twice"),
        ] {
            assert_eq!(read(&format!("{HERE}{SCOPE}{token}")).1, [why], "{token}");
        }
    }

    #[test]
    fn a_secret_that_can_be_guessed_is_refused_and_not_repeated() {
        let short = SECRET.replace("abcdef\"", "abcde\"");
        assert_eq!(read(&format!("{HERE}{short}")).1, ["the secret is shorter than 32 characters"]);
        let server = read(&format!("{HERE}{SECRET}")).0.unwrap();
        assert_eq!(server.tokens.introspection, Some(Digest::of(&"0123456789abcdef".repeat(2))));
    }

    #[test]
    fn a_server_elsewhere_takes_references_only_when_it_can_ask() {
        let elsewhere = "resource = \"http://127.0.0.1:9000/mcp\"\nname = \"Tools\"\n";
        let opaque = "tokens = \"opaque\"\n";
        let token = one(&"ab".repeat(32), "user = \"ci\"\nscopes = []");
        let faults = read(&format!("{elsewhere}{opaque}{token}")).1;
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults.iter().all(|fault| fault.ends_with("a server elsewhere could check")));
        let behind = "upstream = \"http://127.0.0.1:9001/mcp\"\n";
        let here = elsewhere.replace("127.0.0.1:9000", "127.0.0.1:8000");
        assert_eq!(read(&format!("{here}{behind}{opaque}")).1, [""; 0], "our guard can");
        let (server, faults) = read(&format!("{elsewhere}{opaque}{SECRET}{token}"));
        assert_eq!(faults, [""; 0]);
        assert_eq!(server.unwrap().tokens.form, TokenForm::Opaque);
    }

    #[test]
    fn tokens_where_none_is_asked_for_are_refused() {
        let faults = read(&format!("{HERE}auth = \"none\"\ntokens = \"opaque\"\n")).1;
        assert_eq!(faults, ["tokens = \"opaque\" has no meaning where no token is asked for"]);
        assert_eq!(read(&format!("{HERE}tokens = \"jwt\"\n")).1, [""; 0]);
        assert_eq!(read(&format!("{HERE}tokens = \"x\"\n")).1, ["`x` is not a value of this key"]);
    }
}
