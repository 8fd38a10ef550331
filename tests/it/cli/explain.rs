//! `countersign explain`, snapshot by snapshot for the shipped files.

use super::{Ended, Folder};

const ALICE: &str = r#"{"sub":"alice","name":"Alice Admin","email":"alice@example.com","email_verified":true,"roles":["admin"]}"#;
const BOB: &str = r#"{"sub":"bob","name":"Bob Reader","email":"bob@example.com","email_verified":true,"roles":["reader"]}"#;
const MALLORY: &str =
    r#"{"sub":"mallory","email":"mallory@example.com","email_verified":false,"roles":["admin"]}"#;

fn all() -> Folder {
    Folder::shipped()
        .with("COUNTERSIGN_PROVIDERS", "dev,auth0,google,oidc,firebase,keycloak")
        .with("AUTH0_DOMAIN", "example.eu.auth0.com")
        .with("AUTH0_CLIENT_ID", "a")
        .with("AUTH0_CLIENT_SECRET", "not a secret")
        .with("GOOGLE_CLIENT_ID", "g")
        .with("GOOGLE_CLIENT_SECRET", "not a secret")
        .with("OIDC_ISSUER", "https://id.example.com")
        .with("OIDC_CLIENT_ID", "o")
        .with("OIDC_CLIENT_SECRET", "not a secret")
        .with("FIREBASE_PROJECT_ID", "example-1a2b3")
        .with("FIREBASE_API_KEY", "public")
        .with("KEYCLOAK_ISSUER", "https://id.example.com/realms/main")
        .with("KEYCLOAK_CLIENT_ID", "k")
        .with("KEYCLOAK_CLIENT_SECRET", "not a secret")
}

fn explain(provider: &str, claims: &str, more: &[&str]) -> Ended {
    let mut arguments = vec!["explain", "--provider", provider, "--claims", "-"];
    arguments.extend(more);
    all().run_with(&arguments, claims)
}

#[test]
fn alice_of_dev_may_do_everything() {
    let told = explain("dev", ALICE, &[]);
    assert_eq!(told.code, 0);
    insta::assert_snapshot!(told.out, @r#"
    Admitted

      Provider  dev (Continue as a development user)
      Name      Alice Admin
      E-mail    alice@example.com
      Scopes    admin read write

      Rule          Says                                   Holds  Gives
      no [[allow]]  whoever has a verified e-mail address  yes    entry
      [[grant]] 1   everyone admitted                      yes    read
      [[grant]] 2   claim "roles" has "admin"              yes    admin read write

    At Demo tools (http://localhost:8000/mcp)
      Asked for  admin read write
      Granted    admin read write

      Tool               Needs  May call
      public_tool        none   yes
      rate_limited_tool  none   yes
      read_data          read   yes
      secure_operation   admin  yes
      user_profile       none   yes
      whoami             none   yes
      any other                 yes
    "#);
}

#[test]
fn bob_of_dev_may_read() {
    let told = explain("dev", BOB, &[]);
    assert_eq!(told.code, 0);
    insta::assert_snapshot!(told.out, @r#"
    Admitted

      Provider  dev (Continue as a development user)
      Name      Bob Reader
      E-mail    bob@example.com
      Scopes    read

      Rule          Says                                   Holds  Gives
      no [[allow]]  whoever has a verified e-mail address  yes    entry
      [[grant]] 1   everyone admitted                      yes    read
      [[grant]] 2   claim "roles" has "admin"              no     admin read write

    At Demo tools (http://localhost:8000/mcp)
      Asked for  admin read write
      Granted    read

      Tool               Needs  May call
      public_tool        none   yes
      rate_limited_tool  none   yes
      read_data          read   yes
      secure_operation   admin  no
      user_profile       none   yes
      whoami             none   yes
      any other                 yes
    "#);
}

#[test]
fn mallory_of_dev_is_not_admitted_whatever_her_roles() {
    let told = explain("dev", MALLORY, &[]);
    assert_eq!(told.code, 1);
    insta::assert_snapshot!(told.out, @r#"
    Not admitted: there is no [[allow]] rule, and no verified e-mail address

      Provider  dev (Continue as a development user)
      Name      none
      E-mail    none that is verified
      Scopes    none

      Rule          Says                                   Holds  Gives
      no [[allow]]  whoever has a verified e-mail address  no     entry
      [[grant]] 1   everyone admitted                      no     nothing
      [[grant]] 2   claim "roles" has "admin"              no     nothing

    At Demo tools (http://localhost:8000/mcp)
      Asked for  admin read write
      Granted    no token

      Tool               Needs  May call
      public_tool        none   no
      rate_limited_tool  none   no
      read_data          read   no
      secure_operation   admin  no
      user_profile       none   no
      whoami             none   no
      any other                 no
    "#);
}

#[test]
fn an_admin_of_auth0_is_known_by_the_namespaced_claim() {
    let claims = r#"{"sub":"auth0|1","name":"Ann","email":"ann@example.com","email_verified":true,"https://example.com/roles":["admin"]}"#;
    insta::assert_snapshot!(explain("auth0", claims, &[]).out, @r#"
    Admitted

      Provider  auth0 (Continue with Auth0)
      Name      Ann
      E-mail    ann@example.com
      Scopes    admin read write

      Rule          Says                                           Holds  Gives
      no [[allow]]  whoever has a verified e-mail address          yes    entry
      require 1     claim "org_id" is absent                       yes    needed by everyone
      require 2     claim "org_name" is absent                     yes    needed by everyone
      [[grant]] 1   everyone admitted                              yes    read
      [[grant]] 2   claim "https://example.com/roles" has "admin"  yes    admin read write

    At Demo tools (http://localhost:8000/mcp)
      Asked for  admin read write
      Granted    admin read write

      Tool               Needs  May call
      public_tool        none   yes
      rate_limited_tool  none   yes
      read_data          read   yes
      secure_operation   admin  yes
      user_profile       none   yes
      whoami             none   yes
      any other                 yes
    "#);
}

#[test]
fn a_service_account_of_google_is_not_admitted() {
    let claims =
        r#"{"sub":"1","email":"robot@project.iam.gserviceaccount.com","email_verified":true}"#;
    let told = explain("google", claims, &[]);
    assert_eq!(told.code, 1);
    insta::assert_snapshot!(told.out, @r#"
    Not admitted: required by the provider file, and not so: not a Google service account

      Provider  google (Continue with Google)
      Name      none
      E-mail    robot@project.iam.gserviceaccount.com
      Scopes    none

      Rule          Says                                   Holds  Gives
      no [[allow]]  whoever has a verified e-mail address  yes    entry
      require 1     not a Google service account           no     needed by everyone
      [[grant]] 1   everyone admitted                      no     nothing

    At Demo tools (http://localhost:8000/mcp)
      Asked for  admin read write
      Granted    no token

      Tool               Needs  May call
      public_tool        none   no
      rate_limited_tool  none   no
      read_data          read   no
      secure_operation   admin  no
      user_profile       none   no
      whoami             none   no
      any other                 no
    "#);
}

#[test]
fn a_writer_of_any_provider_is_known_by_the_group() {
    let claims =
        r#"{"sub":"1","email":"ann@example.com","email_verified":true,"groups":["mcp-writers"]}"#;
    insta::assert_snapshot!(explain("oidc", claims, &["--server", "demo"]).out, @r#"
    Admitted

      Provider  oidc (Continue with single sign-on)
      Name      none
      E-mail    ann@example.com
      Scopes    read write

      Rule          Says                                   Holds  Gives
      no [[allow]]  whoever has a verified e-mail address  yes    entry
      [[grant]] 1   everyone admitted                      yes    read
      [[grant]] 2   claim "groups" has "mcp-writers"       yes    write
      [[grant]] 3   claim "groups" has "mcp-admins"        no     admin write

    At Demo tools (http://localhost:8000/mcp)
      Asked for  admin read write
      Granted    read write

      Tool               Needs  May call
      public_tool        none   yes
      rate_limited_tool  none   yes
      read_data          read   yes
      secure_operation   admin  no
      user_profile       none   yes
      whoami             none   yes
      any other                 yes
    "#);
}

#[test]
fn the_scopes_asked_for_are_an_upper_bound() {
    let told = explain("dev", ALICE, &["--scope", "read", "--json"]).json();
    assert_eq!(told["scopes"], serde_json::json!(["admin", "read", "write"]));
    let there = &told["servers"][0];
    assert_eq!(there["granted"], serde_json::json!(["read"]));
    let secure = &there["tools"].as_array().unwrap()[3];
    assert_eq!((&secure["name"], &secure["allowed"]), (&"secure_operation".into(), &false.into()));
}

#[test]
fn the_answer_comes_as_json_rule_by_rule() {
    let told = explain("dev", MALLORY, &["--json"]);
    let json = told.json();
    assert_eq!((told.code, &json["admitted"]), (1, &false.into()));
    assert_eq!(json["reason"], "email_not_verified");
    assert_eq!(
        (&json["rules"][1]["kind"], &json["rules"][1]["matched"]),
        (&"grant".into(), &true.into())
    );
    assert_eq!(json["servers"][0]["token"], false);
}

#[test]
fn a_client_is_looked_up_and_an_unknown_one_is_a_finding() {
    let known =
        all().with("OAUTH_CLIENT_ID", "desk").with("OAUTH_REDIRECT_URI", "http://127.0.0.1/cb");
    let ask = ["explain", "--provider", "dev", "--claims", "-", "--client"];
    let told = known.run_with(&[&ask[..], &["desk"]].concat(), ALICE);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(
        told.out.contains("The client desk (desk) would get an access token and a refresh token")
    );
    let told = known.run_with(&[&ask[..], &["other"]].concat(), ALICE);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("not known here") && !known.path().join("data").exists());
}

#[test]
fn unknown_providers_and_servers_and_files_that_are_no_claims_end_with_2() {
    let told = explain("nope", ALICE, &[]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("there is: dev, auth0, google, oidc"), "{}", told.err);
    assert_eq!(explain("dev", ALICE, &["--server", "nope"]).code, 2);
    let told = explain("dev", "{\n \"sub\": secret-stuff }", &[]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("-:2:") && !told.err.contains("secret-stuff"), "{}", told.err);
    assert_eq!(explain("dev", "[]", &[]).code, 2);
}

#[test]
fn a_name_with_control_characters_does_not_reach_the_terminal() {
    let claims =
        r#"{"sub":"1","name":"A\u001b[2Jb","email":"a@example.com","email_verified":true}"#;
    assert!(!explain("dev", claims, &[]).out.contains('\u{1b}'));
}

/// What stands before the tools.
fn judgement(told: &Ended) -> &str {
    told.out.split("\nAt ").next().unwrap()
}

#[test]
fn firebase_says_how_somebody_must_have_signed_in_and_in_which_tenant() {
    let claims = |way: &str| {
        format!(
            r#"{{"sub":"u1","name":"Ann","email":"ann@example.com","email_verified":true,"role":"admin","firebase":{{"sign_in_provider":"{way}"}}}}"#
        )
    };
    let told = explain("firebase", &claims("google.com"), &[]);
    insta::assert_snapshot!(judgement(&told), @r#"
    Admitted

      Provider  firebase (Continue with Google)
      Name      Ann
      E-mail    ann@example.com
      Scopes    admin read write

      Rule          Says                                                             Holds  Gives
      no [[allow]]  whoever has a verified e-mail address                            yes    entry
      require 1     claim ["firebase", "sign_in_provider"] is one of ["google.com"]  yes    needed by everyone
      require 2     claim ["firebase", "tenant"] is absent                           yes    needed by everyone
      [[grant]] 1   everyone admitted                                                yes    read
      [[grant]] 2   claim "role" equals "admin"                                      yes    admin read write
    "#);
    let told = explain("firebase", &claims("custom"), &[]);
    assert_eq!(told.code, 1);
    assert!(told.out.contains("required by the provider file"), "{}", told.out);
}

#[test]
fn keycloak_gives_by_a_role_inside_another_claim() {
    let claims = r#"{"sub":"f1","name":"Ann","email":"ann@example.com","email_verified":true,"realm_access":{"roles":["mcp-admin"]}}"#;
    let told = explain("keycloak", claims, &[]);
    assert!(
        told.out.contains("claim [\"realm_access\", \"roles\"] has \"mcp-admin\""),
        "{}",
        told.out
    );
    assert!(told.out.contains("Scopes    admin read write"), "{}", told.out);
}

#[test]
fn a_rule_for_some_is_judged_by_what_the_claims_say_and_told_where_they_do_not() {
    let folder = all().with("COUNTERSIGN_SERVERS", "tools");
    let rule = |name: &str, who: &str| {
        format!("[[tool]]\nname = \"{name}\"\nneeds = [\"write\"]\nwho = {{ {who} }}\n")
    };
    let head = "path = \"/t\"\nname = \"T\"\nupstream = \"demo\"\n[[scope]]\nname = \"write\"\nsays = \"W\"\n";
    let file = [
        head.to_owned(),
        "[[tool]]\nname = \"*\"\ndeny = true\n".to_owned(),
        rule("by_domain", "email_domains = [\"example.com\"]"),
        rule("by_other_domain", "email_domains = [\"other.example\"]"),
        rule("by_id", "users = [\"usr_x\"]"),
        rule("by_client", "clients = [\"desk\"]"),
    ];
    folder.write("servers/tools.toml", &file.concat());
    let table = |claims: &str, more: &[&str]| {
        let arguments = [&["explain", "--provider", "dev", "--claims", "-"], more].concat();
        let told = folder.run_with(&arguments, claims);
        told.out
            .lines()
            .skip_while(|line| !line.contains("May call"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    insta::assert_snapshot!(table(ALICE, &[]), @r#"
      Tool             Needs  May call
      *                none   no
      by_client        write  if `who` names them
      by_domain        write  yes
      by_id            write  if `who` names them
      by_other_domain  write  no
      any other               no
    "#);
    assert!(!table(BOB, &[]).contains("names them"), "the scope is missing in any case");
}
