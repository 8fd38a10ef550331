//! What whoever starts the service is told when the database cannot be used.

use std::{net::TcpListener, path::Path, sync::Arc};

use countersign::{
    ambient::OsEntropy,
    store::{
        Store as _,
        postgres::{Address, Postgres},
    },
};

use super::super::samples::NOW;
use crate::harness::postgres::{Database, Server, free_port, open};

/// The refusal, which holds no password.
async fn refusal(url: &str) -> String {
    let told = open(url).await.unwrap_err().to_string();
    assert!(!told.contains("s3cret"), "{told}");
    told.trim_start_matches("the store is unavailable: ").to_owned()
}

#[tokio::test]
async fn nobody_there() {
    let port = free_port();
    let told = refusal(&format!("postgres://ada:s3cret@127.0.0.1:{port}/countersign")).await;
    assert_eq!(
        told,
        format!(
            "PostgreSQL at 127.0.0.1:{port}: error connecting to server: Connection refused \
             (os error 111); start it, or correct the host and the port in COUNTERSIGN_DATABASE_URL"
        )
    );
}

#[tokio::test]
async fn somebody_who_does_not_answer() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let url = format!("postgres://ada:s3cret@127.0.0.1:{port}/countersign?connect_timeout=1");
    let told = refusal(&url).await;
    let expected = format!("PostgreSQL at 127.0.0.1:{port} does not answer; start it, or correct");
    assert!(told.starts_with(&expected), "{told}");
}

#[tokio::test]
async fn each_of_several_hosts_is_named() {
    let (first, second) = (free_port(), free_port());
    let told = refusal(&format!("postgres://ada@127.0.0.1:{first},[::1]:{second}/d")).await;
    assert!(told.contains(&format!("127.0.0.1:{first}: ")), "{told}");
    assert!(told.contains(&format!("[::1]:{second}: ")), "{told}");
}

#[tokio::test]
async fn a_wrong_password_and_a_user_that_is_not_there() {
    let server = tokio::task::spawn_blocking(|| Server::start("")).await.unwrap();
    server.set("pg_hba.conf", "host all ada 127.0.0.1/32 scram-sha-256").await;
    let make = "CREATE ROLE ada LOGIN PASSWORD 'right'";
    server.admin().await.batch_execute(make).await.unwrap();
    let make = "CREATE DATABASE ada OWNER ada";
    server.admin().await.batch_execute(make).await.unwrap();
    let at = format!("127.0.0.1:{}", server.port);
    let told = refusal(&format!("postgres://ada:s3cret@{at}/ada")).await;
    assert_eq!(
        told,
        format!(
            "PostgreSQL at {at} does not let the user \"ada\" in: password authentication failed \
             for user \"ada\" (28P01); correct the user and the password in \
             COUNTERSIGN_DATABASE_URL, or pg_hba.conf on the server"
        )
    );
    let told = refusal(&format!("postgres://eve:s3cret@{at}/ada")).await;
    assert!(told.contains("does not let the user \"eve\" in: role \"eve\" does not"), "{told}");
    let told = refusal(&format!("postgres://ada@{at}/ada")).await;
    assert!(told.contains("COUNTERSIGN_DATABASE_URL"), "{told}");
    open(&format!("postgres://ada:right@{at}/ada")).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_there() {
    let database = Database::fresh().await;
    let url =
        database.url.replace("/postgres", "/countersign").replace("countersign:", "postgres:");
    let told = refusal(&url).await;
    let (_, at) = url.split_once('@').unwrap();
    let (at, _) = at.split_once('/').unwrap();
    let role = &database.role;
    let expected = format!(
        "PostgreSQL at {at} has no database \"countersign\"; make it: CREATE DATABASE countersign \
         OWNER {role}"
    );
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_user_who_may_not_make_tables() {
    let database = Database::fresh().await;
    let role = &database.role;
    database.execute(&format!("ALTER ROLE {role} SET search_path = public")).await;
    let told = refusal(&database.url).await;
    assert!(told.starts_with(&format!("the user {role:?} may not make tables in")), "{told}");
    let remedy = format!("make it theirs: ALTER DATABASE postgres OWNER TO {role}");
    assert!(told.ends_with(&remedy), "{told}");
}

/// Who runs a node need not be who makes its tables.
#[tokio::test]
async fn a_user_who_may_not_make_tables_needs_to_make_none() {
    let (owner, user) = (Database::fresh().await, Database::fresh().await);
    drop(owner.open().await);
    let (schema, role) = (&owner.role, &user.role);
    let rights = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"
    );
    owner.execute(&rights).await;
    user.execute(&format!("ALTER ROLE {role} SET search_path = {schema}")).await;
    user.open().await.probe(NOW).await.unwrap();
}

#[tokio::test]
async fn a_debugged_store_keeps_the_password_to_itself() {
    let database = Database::fresh().await;
    let url = database.url.replacen('@', ":s3cret@", 1);
    let address = Address::parse(&url, Path::new("/")).unwrap();
    let store = Postgres::open(&address, 1, Arc::new(OsEntropy)).await.unwrap();
    let told = format!("{store:?} {address:?} {address}");
    assert!(told.contains(&database.role) && !told.contains("s3cret"), "{told}");
}
