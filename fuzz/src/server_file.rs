//! A file of `servers/`. A first line `# loopback` puts the service on this machine.

use std::sync::LazyLock;

use countersign::{
    config::{Lookup, fuzzing::server},
    engine::policy::{Access, Asker, Auth, Operation, Rule, ServerSettings, Upstream, Verdict},
    protocol::{
        id::{ClientId, UserId},
        scope::Scopes,
    },
};
use url::Url;

use super::provider_file::{are_told, public_url};

static LOOKUP: LazyLock<Lookup> =
    LazyLock::new(|| Lookup::new([("SECRET", "Zq7-hidden-value"), ("HOST", "id.example.com")]));

/// A file is wrong in words that show no secret, or it closes what it says it closes.
pub fn run(data: &[u8]) -> bool {
    let Some(text) = super::text(data) else { return false };
    match server(text, &LOOKUP, &public_url(text)) {
        Ok(settings) => {
            stands_safely(&settings, text.starts_with("# loopback"));
            closes(&settings);
            true
        }
        Err(faults) => {
            are_told(&faults, text, "servers/fuzzed.toml");
            false
        }
    }
}

fn stands_safely(settings: &ServerSettings, loopback: bool) {
    assert!(settings.auth == Auth::Required || loopback, "no token, no public server");
    let url = Url::parse(settings.resource.as_str()).expect("the audience is a URL");
    assert!(url.fragment().is_none() && url.username().is_empty());
    let here = matches!(url.host_str(), Some("localhost" | "[::1]"))
        || url.host_str().is_some_and(|host| host.starts_with("127."));
    assert!(url.scheme() == "https" || url.scheme() == "http" && here, "{url}");
    if let Upstream::Http(upstream) = &settings.upstream {
        assert!(matches!(upstream.scheme(), "http" | "https") && upstream.host().is_some());
    }
}

fn closes(settings: &ServerSettings) {
    let (policy, none) = (&settings.policy, Scopes::default());
    let all = policy.scopes();
    assert_eq!(settings.expand(&all), all, "scopes imply scopes of the server");
    assert_eq!(settings.expand(&none), none, "nothing implies nothing");
    let (user, client) = (UserId::new("usr_nobody"), ClientId::new("no-client"));
    let asker = Asker { scopes: &none, user: &user, email: None, client: &client };
    let named = |rule: &&Rule| !rule.name.ends_with('*');
    for rule in policy.tools().filter(named) {
        let tool = Operation::Tool(&rule.name);
        let (with, without) = (policy.verdict(tool, Some(&asker)), policy.verdict(tool, None));
        match &rule.access {
            Access::Nobody => assert_eq!((with, without), (Verdict::Denied, Verdict::Denied)),
            Access::Those { needs, who, .. } => {
                assert!(needs.is_empty() || with != Verdict::Allowed, "{}", rule.name);
                assert!(who.is_none() || without == Verdict::Denied, "{}", rule.name);
                assert!(all.covers(needs), "scopes that nobody can have");
            }
        }
    }
}
