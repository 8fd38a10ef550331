mod notes;

use std::{fs, path::PathBuf};

use super::*;
use crate::engine::policy::Upstream;

const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

/// The files that come with the program, in a folder of their own.
fn shipped() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["providers", "servers"] {
        fs::create_dir(folder.path().join(part)).unwrap();
        let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(part);
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
        }
    }
    folder
}

fn load_with(folder: &tempfile::TempDir, variables: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
    load(&Lookup::new(variables.iter().copied()), folder.path())
}

fn faults(variables: &[(&str, &str)]) -> Vec<String> {
    let faults = load_with(&shipped(), variables).unwrap_err();
    faults.into_iter().map(|fault| fault.place).collect()
}

const PUBLIC: [(&str, &str); 3] = [
    ("COUNTERSIGN_PUBLIC_URL", "https://auth.example.com"),
    ("COUNTERSIGN_MASTER_KEY", KEY),
    ("COUNTERSIGN_LISTEN", "0.0.0.0:8000"),
];

const AUTH0: [(&str, &str); 4] = [
    ("COUNTERSIGN_PROVIDERS", "auth0"),
    ("AUTH0_DOMAIN", "example.eu.auth0.com"),
    ("AUTH0_CLIENT_ID", "abc"),
    ("AUTH0_CLIENT_SECRET", "hush-hush"),
];

#[test]
fn with_nothing_set_it_is_the_demo_on_this_machine() {
    let folder = shipped();
    let config = load_with(&folder, &[]).unwrap();
    assert_eq!(config.public_url.as_str(), "http://localhost:8000");
    assert_eq!(config.listen.addresses.len(), 2);
    assert_eq!(config.servers[0].resource.as_str(), "http://localhost:8000/mcp");
    let dev = config.dev.unwrap();
    assert_eq!(dev.issuer, "http://localhost:8001");
    assert_eq!(config.providers[0].discovery_issuer(), dev.issuer);
    assert!(dev.users.len() >= 3);
    assert_eq!(config.limits, Limits::default());
    assert!(config.notes.is_empty() && config.env_client.is_none());
    assert!(!folder.path().join("data").exists(), "reading writes nothing");
}

#[test]
fn in_public_with_auth0_it_needs_no_more_than_its_variables() {
    let variables = [&PUBLIC[..], &AUTH0].concat();
    let config = load_with(&shipped(), &variables).unwrap();
    assert!(config.dev.is_none());
    assert_eq!(config.providers[0].discovery_issuer(), "https://example.eu.auth0.com/");
    assert!(!format!("{config:?}").contains("hush"), "a secret prints nothing");
    assert!(!format!("{config:?}").contains(KEY));
}

#[test]
fn every_shipped_provider_file_is_good() {
    let variables = [
        &AUTH0[1..],
        &[
            ("COUNTERSIGN_PROVIDERS", "dev,auth0,google,oidc"),
            ("GOOGLE_CLIENT_ID", "a"),
            ("GOOGLE_CLIENT_SECRET", "b"),
            ("OIDC_ISSUER", "https://id.example.com"),
            ("OIDC_CLIENT_ID", "a"),
            ("OIDC_CLIENT_SECRET", "b"),
        ],
    ]
    .concat();
    assert_eq!(load_with(&shipped(), &variables).unwrap().providers.len(), 4);
}

#[test]
fn in_public_nothing_is_made_up() {
    assert_eq!(faults(&PUBLIC[..1]), ["COUNTERSIGN_MASTER_KEY", "COUNTERSIGN_PROVIDERS"]);
}

#[test]
fn a_public_url_that_cannot_be_read_hides_nothing_that_is_missing_beside_it() {
    let url = "COUNTERSIGN_PUBLIC_URL";
    let missing = [url, "COUNTERSIGN_MASTER_KEY", "COUNTERSIGN_PROVIDERS"];
    for text in ["https://auth.example.com/", "http://auth.example.com", "auth.example.com", "?"] {
        assert_eq!(faults(&[(url, text)]), missing, "{text}");
    }
    for text in ["http://localhost:8000/", "localhost:8000", "http://127.0.0.1:8000/mcp"] {
        assert_eq!(faults(&[(url, text)]), [url], "{text}");
    }
    let callback = ("AUTH0_CALLBACK_URL", "https://auth.example.com/callback/auth0");
    let written = [(url, "https://auth.example.com/"), PUBLIC[1], callback];
    assert_eq!(faults(&[&written[..], &AUTH0].concat()), [url]);
}

#[test]
fn the_development_provider_is_refused_where_others_can_reach_it() {
    let dev = ("COUNTERSIGN_PROVIDERS", "dev");
    let found = faults(&[PUBLIC[0], PUBLIC[1], dev]);
    assert!(found[0].starts_with("providers/dev.toml:"), "{found:?}");
    assert_eq!(faults(&[PUBLIC[2]]), ["COUNTERSIGN_LISTEN"]);
    let listen = "COUNTERSIGN_DEV_IDP_LISTEN";
    assert_eq!(faults(&[(listen, "0.0.0.0:8001")]), [listen]);
    assert_eq!(faults(&[(listen, "localhost:8000")]), [listen]);
}

#[test]
fn all_faults_of_variables_and_files_come_at_once() {
    let folder = shipped();
    let bad = "path = \"/token\"\nname = \"x\"\nupstream = \"demo\"\ncolor = 1\n";
    fs::write(folder.path().join("servers/bad.toml"), bad).unwrap();
    let variables = [
        ("COUNTERSIGN_PUBLIC_URL", "https://auth.example.com/"),
        ("COUNTERSIGN_LISTEN", "auth.example.com"),
        ("COUNTERSIGN_ACESS_TTL", "1h"),
        ("COUNTERSIGN_ACCESS_TTL", "1 fortnight"),
        ("COUNTERSIGN_PROVIDERS", "auth0"),
        ("COUNTERSIGN_SERVERS", "bad,deom"),
        ("COUNTERSIGN_TRUSTED_PROXIES", "0.0.0.0/0"),
        ("COUNTERSIGN_SIGNING_ALG", "HS256"),
        ("AUTH0_CLIENT_ID", "x"),
    ];
    let found = load_with(&folder, &variables).unwrap_err();
    let places: Vec<_> = found.iter().map(|fault| fault.place.as_str()).collect();
    let expected = [
        "COUNTERSIGN_ACESS_TTL",
        "COUNTERSIGN_PUBLIC_URL",
        "COUNTERSIGN_LISTEN",
        "COUNTERSIGN_MASTER_KEY",
        "COUNTERSIGN_ACCESS_TTL",
        "COUNTERSIGN_SIGNING_ALG",
        "COUNTERSIGN_TRUSTED_PROXIES",
        "providers/auth0.toml:6",
        "providers/auth0.toml:7",
        "COUNTERSIGN_SERVERS",
        "servers/bad.toml:4",
    ];
    assert_eq!(places, expected);
    assert!(found.iter().any(|fault| fault.remedy == "did you mean demo?"));
    assert!(found.iter().all(|fault| !fault.what.is_empty() && !fault.remedy.is_empty()));
}

#[test]
fn the_callback_that_auth0_was_told_must_be_ours() {
    let ours = ("AUTH0_CALLBACK_URL", "https://auth.example.com/callback/auth0");
    let other = ("AUTH0_CALLBACK_URL", "https://auth.example.com/auth/callback");
    let base = [&PUBLIC[..], &AUTH0].concat();
    assert!(load_with(&shipped(), &[&base[..], &[ours]].concat()).is_ok());
    let found = load_with(&shipped(), &[&base[..], &[other]].concat()).unwrap_err();
    assert_eq!(found[0].place, "AUTH0_CALLBACK_URL");
    assert!(found[0].remedy.contains(ours.1));
}

#[test]
fn a_guide_secret_works_here_and_is_refused_in_public() {
    let guide = ("JWT_SECRET_KEY", "your-secret-key-change-in-production");
    let config = load_with(&shipped(), &[guide, ("TOKEN_EXPIRY_HOURS", "24")]).unwrap();
    assert!(matches!(&config.master_keys, MasterKeys::Given(keys) if keys.len() == 1));
    assert_eq!(config.limits.access_token, std::time::Duration::from_hours(24));
    let variables = [&[PUBLIC[0], guide][..], &AUTH0].concat();
    assert_eq!(faults(&variables), ["JWT_SECRET_KEY"]);
    assert_eq!(faults(&[guide, PUBLIC[1]]), ["JWT_SECRET_KEY"]);
}

#[test]
fn two_lifetimes_that_disagree_are_refused() {
    let hours = ("TOKEN_EXPIRY_HOURS", "2");
    assert_eq!(faults(&[("COUNTERSIGN_ACCESS_TTL", "1h"), hours]), ["TOKEN_EXPIRY_HOURS"]);
    assert!(load_with(&shipped(), &[("COUNTERSIGN_ACCESS_TTL", "2h"), hours]).is_ok());
}

#[test]
fn a_provider_on_plain_http_is_refused_in_public() {
    let oidc = [
        ("COUNTERSIGN_PROVIDERS", "oidc"),
        ("OIDC_ISSUER", "http://localhost:9000"),
        ("OIDC_CLIENT_ID", "a"),
        ("OIDC_CLIENT_SECRET", "b"),
    ];
    assert!(load_with(&shipped(), &oidc).is_ok());
    let found = faults(&[&PUBLIC[..], &oidc].concat());
    assert!(found[0].starts_with("providers/oidc.toml:"), "{found:?}");
}

#[test]
fn an_emulator_whose_tokens_nobody_signs_is_refused_in_public() {
    let firebase = [
        ("COUNTERSIGN_PROVIDERS", "firebase"),
        ("FIREBASE_PROJECT_ID", "example-1a2b3"),
        ("FIREBASE_API_KEY", "a-public-key"),
        ("FIREBASE_AUTH_DOMAIN", "example-1a2b3.firebaseapp.com"),
    ];
    let folder = shipped();
    let public = [&PUBLIC[..], &firebase].concat();
    assert!(load_with(&folder, &public).unwrap().providers[0].firebase.is_some());
    let path = folder.path().join("providers/firebase.toml");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().position(|line| line.starts_with("# emulator")).unwrap() + 1;
    fs::write(&path, text.replace("# emulator ", "emulator ")).unwrap();
    assert!(load_with(&folder, &firebase).is_ok());
    let reachable = [&firebase[..], &[("COUNTERSIGN_LISTEN", "0.0.0.0:8000")]].concat();
    let found = load_with(&folder, &reachable).unwrap_err();
    assert_eq!((found.len(), found[0].place.as_str()), (1, "COUNTERSIGN_LISTEN"));
    let found = load_with(&folder, &public).unwrap_err();
    let places: Vec<_> = found.iter().map(|fault| fault.place.as_str()).collect();
    assert_eq!(places, [format!("providers/firebase.toml:{line}")]);
    assert!(found[0].what.contains("anybody could be anybody"));
}

#[test]
fn two_servers_at_one_path_are_refused() {
    let folder = shipped();
    let servers = folder.path().join("servers");
    fs::copy(servers.join("demo.toml"), servers.join("twin.toml")).unwrap();
    let found = load_with(&folder, &[("COUNTERSIGN_SERVERS", "demo,twin")]).unwrap_err();
    assert_eq!(found.len(), 1);
    assert!(found[0].place.starts_with("servers/twin.toml:"));
}

#[test]
fn every_shipped_server_file_is_good() {
    let config = load_with(&shipped(), &[("COUNTERSIGN_SERVERS", "demo,guarded")]).unwrap();
    assert_eq!(config.servers[1].resource.as_str(), "http://127.0.0.1:9000/mcp");
    assert_eq!(config.servers[1].upstream, Upstream::Elsewhere);
}

#[test]
fn two_servers_elsewhere_at_one_url_are_refused() {
    let folder = shipped();
    let servers = folder.path().join("servers");
    let text = fs::read_to_string(servers.join("guarded.toml")).unwrap();
    fs::write(servers.join("twin.toml"), text.replace("9000/mcp", "9000/mcp/")).unwrap();
    let found = load_with(&folder, &[("COUNTERSIGN_SERVERS", "guarded,demo,twin")]).unwrap_err();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].what, "servers/guarded.toml stands at this URL already");
    assert!(found[0].place.starts_with("servers/twin.toml:"));
}

#[test]
fn a_dotenv_file_is_read_and_its_faults_are_placed() {
    let folder = shipped();
    let file = folder.path().join(".env");
    fs::write(&file, "COUNTERSIGN_LISTEN=localhost:1\nCOUNTERSIGN_LOG_FORMAT=xml\noops\n").unwrap();
    let look = Lookup::new([("COUNTERSIGN_LISTEN", "localhost:8000")]).with_dotenv(&file);
    let found = load(&look, folder.path()).unwrap_err();
    let places: Vec<_> = found.iter().map(|fault| fault.place.as_str()).collect();
    assert_eq!(places, [".env:3", "COUNTERSIGN_LOG_FORMAT (.env:2)"]);
}
