use super::*;

fn parse(text: &str) -> Result<Address, AddressFault> {
    Address::parse(text, Path::new("/srv"))
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn the_password_is_not_printed() {
    let address = parse("postgres://ada:s3cret@db.example/countersign").unwrap();
    assert_eq!(address.to_string(), "postgres://ada@db.example:5432/countersign");
    assert_eq!(format!("{address:?}"), "Address(postgres://ada@db.example:5432/countersign)");
    assert_eq!(address.servers[0].get_password(), Some(b"s3cret".as_slice()));
}

#[test]
fn user_password_and_database_may_be_percent_encoded() {
    let address = parse("postgresql://a%40b:p%2F%3F@[::1]:5433/c%20d").unwrap();
    assert_eq!((address.user(), address.database()), ("a@b", "c d"));
    assert_eq!(address.hosts(), "[::1]:5433");
    assert_eq!(address.servers[0].get_password(), Some(b"p/?".as_slice()));
}

#[test]
fn several_hosts_are_tried_in_their_order_and_the_one_that_writes_is_taken() {
    let address = parse("postgres://u@a,b:5433,[::1]/d?target_session_attrs=read-write").unwrap();
    assert_eq!(address.hosts(), "a:5432,b:5433,[::1]:5432");
    for server in &address.servers {
        assert_eq!(server.get_hosts().len(), 1);
        assert_eq!(server.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
    }
}

#[test]
fn servers_elsewhere_must_prove_who_they_are_unless_told_otherwise() {
    let tls = |text: &str| {
        let address = parse(text).unwrap();
        (address.servers[0].get_ssl_mode(), address.trust.clone(), address.is_verified())
    };
    let roots = Trust::Roots("/srv/ca.pem".into());
    for here in ["localhost", "127.0.0.1", "[::1]", "%2Frun%2Fpostgresql"] {
        let expected = (SslMode::Prefer, Trust::Anybody, true);
        assert_eq!(tls(&format!("postgres://u@{here}/d")), expected, "{here}");
    }
    for (query, expected) in [
        ("", (SslMode::Require, Trust::System, true)),
        ("?sslmode=verify-full", (SslMode::Require, Trust::System, true)),
        ("?sslrootcert=system", (SslMode::Require, Trust::System, true)),
        ("?sslrootcert=ca.pem", (SslMode::Require, roots.clone(), true)),
        ("?sslmode=verify-full&sslrootcert=ca.pem", (SslMode::Require, roots, true)),
        ("?sslmode=require", (SslMode::Require, Trust::Anybody, false)),
        ("?sslmode=prefer", (SslMode::Prefer, Trust::Anybody, false)),
        ("?sslmode=disable", (SslMode::Disable, Trust::Anybody, false)),
    ] {
        assert_eq!(tls(&format!("postgres://u@db.example/d{query}")), expected, "{query}");
        let mixed = tls(&format!("postgres://u@localhost,db.example/d{query}"));
        assert_eq!(mixed, expected, "one elsewhere is enough: {query}");
    }
}

#[test]
fn what_is_missing_is_not_guessed() {
    assert_eq!(refused("postgres://db.example/d"), "names no user");
    assert_eq!(refused("postgres://u@db.example"), "names no database");
    assert_eq!(refused("postgres://u@/d"), "names no host");
    assert_eq!(refused("postgres://u@db.example:x/d"), AddressFault::Form.to_string());
    assert_eq!(refused("postgres://u:p@ss@db.example/d"), AddressFault::Form.to_string());
}

#[test]
fn a_parameter_that_is_unknown_or_does_not_fit_is_named_and_its_value_is_not() {
    let at = |query: &str| refused(&format!("postgres://u:s3cret@db.example/d?{query}"));
    let unknown = at("sslkey=s3cret");
    assert!(unknown.starts_with("has the parameter \"sslkey\", which Countersign"), "{unknown}");
    for (query, expected) in [
        ("sslmode=verify-ca", "sslmode with a value that does not fit: write disable"),
        ("sslmode=require&sslrootcert=s3cret", "sslrootcert with a value"),
        ("target_session_attrs=any", "target_session_attrs with a value"),
        ("connect_timeout=0", "connect_timeout with a value"),
        ("connect_timeout=31", "connect_timeout with a value"),
        ("connect_timeout=s3cret", "connect_timeout with a value"),
    ] {
        let told = at(query);
        assert!(told.contains(expected) && !told.contains("s3cret"), "{told}");
    }
}
