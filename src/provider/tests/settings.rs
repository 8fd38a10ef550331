//! A file with a fault does not start.

use super::{AUTH0, OIDC, faulty, good, read};
use crate::{
    jose::algorithm::Algorithm,
    provider::file::{ClientAuth, ProviderFile},
};

#[test]
fn every_fault_is_reported_at_once() {
    let text = r#"
        kind = "oidc"
        label = " "
        algorithms = ["none"]
        trusted_email_domains = ["*"]
        [[allow]]
        [[grant]]
        scopes = []
    "#;
    let faults = read("corp", text).unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    let wanted = [
        "client",
        "label",
        "issuer",
        "algorithms",
        "trusted_email_domains",
        "allow[1]",
        "grant[1].scopes",
    ];
    assert_eq!(keys, wanted);
    assert!(faults.iter().all(|fault| !fault.remedy.is_empty()));
}

#[test]
fn an_unknown_key_is_refused() {
    assert!(toml::from_str::<ProviderFile>(&format!("{OIDC}\nalows = []")).is_err());
    assert!(toml::from_str::<ProviderFile>(&format!("{OIDC}\n[[allow]]\ndomain = \"x\"")).is_err());
}

#[test]
fn a_secret_prints_nothing() {
    let file: ProviderFile = toml::from_str(OIDC).unwrap();
    assert!(!format!("{file:?}{:?}", good(OIDC)).contains("hush"));
}

#[test]
fn secrets_and_nobody_s_signatures_are_no_algorithms() {
    for name in ["none", "nOnE", "HS256", "HS512", "rs256"] {
        assert_eq!(faulty(OIDC, &format!("algorithms = [\"{name}\"]")), ["algorithms"], "{name}");
    }
}

#[test]
fn plain_http_is_for_loopback_only() {
    let at = |issuer: &str| OIDC.replace("https://id.example.com", issuer);
    assert_eq!(faulty(&at("http://id.example.com"), ""), ["issuer"]);
    assert_eq!(faulty(&at("https://id.example.com?x=1"), ""), ["issuer"]);
    assert_eq!(faulty(&at("https://id.example.com#x"), ""), ["issuer"]);
    assert_eq!(faulty(&at("ftp://id.example.com"), ""), ["issuer"]);
    assert!(read("corp", &at("http://127.0.0.1:9000")).is_ok());
}

#[test]
fn entra_s_every_tenant_issuer_is_refused() {
    for tenant in ["common", "organizations", "consumers"] {
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        assert_eq!(faulty(&OIDC.replace("https://id.example.com", &issuer), ""), ["issuer"]);
    }
}

#[test]
fn a_tenant_template_becomes_exact_issuers() {
    let text = OIDC.replace("id.example.com", "login.microsoftonline.com/{tenant}/v2.0");
    let one = good(&format!("{text}\ntenants = [\"t-1\"]"));
    assert_eq!(one.issuers, ["https://login.microsoftonline.com/t-1/v2.0"]);
    assert_eq!(faulty(&text, ""), ["tenants"]);
    for none in ["[]", r#"[""]"#, r#"["../x"]"#, r#"["a", "b c"]"#] {
        assert!(
            faulty(&text, &format!("tenants = {none}")).contains(&"tenants".to_owned()),
            "{none}"
        );
    }
    assert_eq!(faulty(OIDC, "tenants = [\"t-1\"]"), ["tenants"]);
    assert_eq!(faulty(&text, "tenants = [\"t-1\", \"t-2\"]"), ["endpoints"]);
}

#[test]
fn an_issuer_of_workloads_is_no_issuer_of_people() {
    let text = OIDC.replace("id.example.com", "token.actions.githubusercontent.com");
    assert_eq!(faulty(&text, ""), ["issuer"]);
}

#[test]
fn an_issuer_without_scheme_must_be_another_spelling() {
    let text = OIDC.replace("issuer = \"https://id.example.com\"", "");
    let with = |list: &str| format!("{text}\nissuers = {list}");
    assert_eq!(
        faulty(&with(r#"["https://a.example", "b.example"]"#), ""),
        ["issuers", "endpoints"]
    );
    assert_eq!(faulty(&with(r#"["a.example", "https://a.example"]"#), ""), ["issuers"]);
    assert!(read("corp", &with(r#"["https://a.example", "a.example"]"#)).is_ok());
}

#[test]
fn an_auth0_domain_is_read_in_every_usual_spelling() {
    for domain in ["tenant.eu.auth0.com", "https://tenant.eu.auth0.com", "Tenant.eu.auth0.com/"] {
        let settings = good(&AUTH0.replace("tenant.eu.auth0.com", domain));
        assert_eq!(settings.issuers, ["https://tenant.eu.auth0.com/"], "{domain}");
    }
    let local = good(&AUTH0.replace("tenant.eu.auth0.com", "http://127.0.0.1:9000"));
    assert_eq!(local.issuers, ["http://127.0.0.1:9000/"]);
    for domain in ["http://tenant.eu.auth0.com", "a.example/x", "u@a.example", "a.example?x", ""] {
        let text = AUTH0.replace("tenant.eu.auth0.com", domain);
        assert_eq!(faulty(&text, ""), ["domain"], "{domain}");
    }
}

#[test]
fn a_restriction_of_another_kind_is_a_fault_and_not_ignored() {
    assert_eq!(faulty(OIDC, "organization = \"org_1\""), ["organization"]);
    assert_eq!(faulty(AUTH0, "hd = \"example.com\""), ["hd"]);
    assert_eq!(faulty(AUTH0, "issuer = \"https://a.example\""), ["issuer"]);
    assert_eq!(faulty("kind = \"dev\"", "hd = \"example.com\""), ["hd"]);
    assert_eq!(faulty("kind = \"dev\"", "domain = \"a.example\""), ["domain"]);
    let user = "[[user]]\nsub = \"a\"\nname = \"A\"\nemail = \"a@b.c\"";
    assert_eq!(faulty(OIDC, user), ["user"]);
}

#[test]
fn parameters_of_the_flow_cannot_be_overwritten() {
    for name in ["redirect_uri", "state", "nonce", "response_type", "response_mode", "request_uri"]
    {
        let key = format!("authorize.{name}");
        assert_eq!(faulty(OIDC, &format!("authorize = {{ {name} = \"x\" }}")), [key]);
    }
}

#[test]
fn a_restriction_that_is_only_a_parameter_is_refused() {
    assert_eq!(faulty(OIDC, "authorize = { hd = \"example.com\" }"), ["authorize.hd"]);
    assert_eq!(faulty(AUTH0, "authorize = { organization = \"a\" }"), ["authorize.organization"]);
}

#[test]
fn protocol_claims_cannot_be_mapped_onto() {
    for target in ["sub", "aud", "scope", "iss", "client_id", "act", "azp", "exp", "roles"] {
        let key = format!("profile.{target}");
        assert_eq!(faulty(OIDC, &format!("profile = {{ {target} = \"x\" }}")), [key]);
    }
}

#[test]
fn a_claim_that_people_can_change_is_no_subject() {
    for claim in ["email", "preferred_username", "nickname", "upn", "name"] {
        assert_eq!(faulty(OIDC, &format!("profile.subject = \"{claim}\"")), ["profile.subject"]);
    }
    assert!(read("corp", &format!("{OIDC}\nprofile.subject = \"oid\"")).is_ok());
}

#[test]
fn roles_at_top_level_of_auth0_are_refused_in_rules() {
    for claim in ["\"roles\"", "\"permissions\"", "[\"groups\", \"x\"]"] {
        let rule =
            format!("[[grant]]\nscopes = [\"read\"]\nwhen = {{ claim = {claim}, has = \"a\" }}");
        assert_eq!(faulty(AUTH0, &rule), ["grant[1].when.claim"]);
        assert!(read("corp", &format!("{OIDC}\n{rule}")).is_ok());
    }
}

#[test]
fn a_rule_that_says_nothing_or_half_is_refused() {
    let rules = [
        ("", "allow[1]"),
        ("claim = \"a\"", "allow[1]"),
        ("has = \"a\"", "allow[1]"),
        ("claim = \"a\"\nhas = 1\nequals = 1", "allow[1]"),
        ("claim = \"a\"\nexists = false", "allow[1].exists"),
        ("claim = \"a\"\none_of = []", "allow[1].one_of"),
        ("claim = []\nexists = true", "allow[1].claim"),
        ("claim = \"\"\nexists = true", "allow[1].claim"),
        ("claim = [\"a\", \"\"]\nexists = true", "allow[1].claim"),
        ("email = \"example.com\"", "allow[1].email"),
        ("email = \"@example.com\"", "allow[1].email"),
        ("email = \"ann@\"", "allow[1].email"),
        ("email_domain = \"a..example\"", "allow[1].email_domain"),
        ("email_domain = \"*.example.com\"", "allow[1].email_domain"),
        ("email_domain = \"@example.com\"", "allow[1].email_domain"),
        ("email_domain = \"\"", "allow[1].email_domain"),
    ];
    for (rule, key) in rules {
        assert_eq!(faulty(OIDC, &format!("[[allow]]\n{rule}")), [key], "{rule}");
    }
}

#[test]
fn a_client_s_secret_and_its_method_agree() {
    assert_eq!(faulty(OIDC, "auth_method = \"none\""), ["auth_method"]);
    let public = OIDC.replace(", secret = \"hush-hush\"", "");
    assert_eq!(good(&public).auth, ClientAuth::None);
    assert_eq!(faulty(&public, "auth_method = \"client_secret_post\""), ["auth_method"]);
    assert_eq!(faulty(&OIDC.replace("hush-hush", ""), ""), ["client.secret"]);
}

#[test]
fn openid_is_always_asked_for() {
    assert_eq!(faulty(OIDC, "scopes = [\"email\"]"), ["scopes"]);
}

#[test]
fn a_span_of_time_has_a_unit() {
    let spans =
        [("\"12h\"", 43_200), ("\"7s\"", 7), ("\"2m\"", 120), ("\"1d\"", 86_400), ("60", 60)];
    for (span, seconds) in spans {
        let settings = good(&format!("{OIDC}\nmax_age = {span}"));
        assert_eq!(settings.max_age.unwrap().as_secs(), seconds, "{span}");
    }
    assert_eq!(faulty(OIDC, "max_age = \"12é\""), ["max_age"]);
    assert_eq!(faulty(OIDC, "max_age = \"99999999999999999d\""), ["max_age"]);
}

#[test]
fn a_development_user_cannot_write_protocol_claims_or_share_a_subject() {
    let user = "[[user]]\nsub = \"a\"\nname = \"A\"\nemail = \"a@b.c\"\nclaims = { iss = \"x\" }";
    assert_eq!(faulty("kind = \"dev\"", user), ["user[1].claims.iss"]);
    let twice = user.replace("claims = { iss = \"x\" }", "");
    assert_eq!(
        faulty("kind = \"dev\"", &format!("{twice}\n{twice}")),
        ["user[1].sub", "user[2].sub"]
    );
}

#[test]
fn a_development_user_has_a_subject_that_shows_and_no_claim_twice() {
    let user = |sub: &str, claims: &str| {
        let text = format!(
            "kind = \"dev\"\n[[user]]\nsub = \"{sub}\"\nname = \"A\"\nemail = \"a@b.c\"\nclaims = {claims}"
        );
        read("corp", &text).map_or_else(|faults| faults[0].key.clone(), |_| String::new())
    };
    assert_eq!(user(&"a".repeat(255), "{ team = \"x\" }"), "");
    for sub in ["", "a b", "ü", &"a".repeat(256), &"a".repeat(257)] {
        assert_eq!(user(sub, "{}"), "user[1].sub", "{sub}");
    }
    for own in ["email", "email_verified", "name", "sub", "aud"] {
        assert_eq!(user("a", &format!("{{ {own} = \"x\" }}")), format!("user[1].claims.{own}"));
    }
}

#[test]
fn without_a_list_of_algorithms_the_one_of_its_kind_is_pinned() {
    assert_eq!(good(OIDC).algorithms, [Algorithm::Rs256]);
    assert_eq!(good("kind = \"dev\"").algorithms, [Algorithm::Es256]);
}

#[test]
fn several_issuers_need_every_endpoint_written_out() {
    let text = OIDC.replace("id.example.com", "login.microsoftonline.com/{tenant}/v2.0");
    let text = format!("{text}\ntenants = [\"t-1\", \"t-2\"]");
    let with = |names: &[&str]| {
        let all = names.iter().map(|name| format!("{name} = \"https://id.example.com/{name}\""));
        format!("endpoints = {{ {} }}", all.collect::<Vec<_>>().join(", "))
    };
    for two in [["token", "jwks"], ["authorization", "jwks"], ["authorization", "token"]] {
        assert_eq!(faulty(&text, &with(&two)), ["endpoints"], "{two:?}");
    }
    let all = with(&["authorization", "token", "jwks"]);
    assert_eq!(good(&format!("{text}\n{all}")).issuers.len(), 2);
}

#[test]
fn an_endpoint_is_https_without_a_fragment() {
    for name in ["authorization", "token", "jwks", "end_session"] {
        let at = |url: &str| format!("endpoints.{name} = \"{url}\"");
        assert!(read("corp", &format!("{OIDC}\n{}", at("https://id.example.com/x"))).is_ok());
        for url in ["http://id.example.com/x", "https://id.example.com/x#y", "x"] {
            assert_eq!(faulty(OIDC, &at(url)), [format!("endpoints.{name}")], "{url}");
        }
    }
}
