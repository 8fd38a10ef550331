//! The commands and the service on PostgreSQL.

use std::{thread::sleep, time::Duration};

use super::{
    Folder,
    serve::{folder, serve_in},
};
use crate::harness::postgres::{Database, Server, free_port};

/// A place in PostgreSQL, named with a password that is of no matter to it and must not be printed.
async fn on_postgresql(folder: Folder) -> (Database, Folder) {
    let database = Database::fresh().await;
    let url = database.url.replacen('@', ":s3cret@", 1);
    (database, folder.with("COUNTERSIGN_DATABASE_URL", &url))
}

#[tokio::test]
async fn a_client_that_is_added_is_listed_and_removed() {
    let (_database, folder) = on_postgresql(Folder::shipped()).await;
    let add = ["client", "add", "--name", "App", "--redirect", "http://127.0.0.1/cb", "--json"];
    let added = folder.run(&add);
    assert_eq!(added.code, 0, "{}{}", added.out, added.err);
    let id = added.json()["client_id"].as_str().unwrap().to_owned();
    assert!(folder.run(&["client", "list"]).out.contains(&id));
    assert_eq!(folder.run(&["client", "remove", &id]).code, 0);
    assert_eq!(folder.run(&["client", "show", &id]).code, 1);
    let nobody = folder.run(&["user", "list", "--json"]);
    assert_eq!((nobody.code, nobody.out.contains("s3cret")), (0, false), "{}", nobody.err);
}

#[tokio::test]
async fn the_check_names_the_database_without_its_password_and_does_not_ask_it() {
    let url = format!("postgres://ada:s3cret@127.0.0.1:{}/countersign", free_port());
    let folder = Folder::shipped().with("COUNTERSIGN_DATABASE_URL", &url);
    let checked = folder.run(&["check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    assert!(checked.out.contains(&url.replace(":s3cret", "")), "{}", checked.out);
    assert!(!checked.out.contains("s3cret"), "{}", checked.out);
}

#[test]
fn a_faulty_url_is_told_without_its_password() {
    let url = "postgres://ada:s3cret@db.example/countersign?sslmode=verify-ca";
    let told = Folder::shipped().with("COUNTERSIGN_DATABASE_URL", url).run(&["check"]);
    assert_eq!(told.code, 2);
    let all = told.out + &told.err;
    assert!(all.contains("write disable, prefer, require or verify-full"), "{all}");
    assert!(!all.contains("s3cret"), "{all}");
}

#[test]
fn the_url_may_stand_in_a_file_and_a_server_that_is_not_there_is_told_with_the_remedy() {
    let folder = Folder::shipped().with("COUNTERSIGN_DATABASE_URL_FILE", "database");
    let port = free_port();
    folder.write("database", &format!("postgres://ada:s3cret@127.0.0.1:{port}/countersign\n"));
    let told = folder.run(&["serve"]);
    assert_eq!((told.code, told.out.as_str()), (1, ""));
    assert!(told.err.contains(&format!("PostgreSQL at 127.0.0.1:{port}: ")), "{}", told.err);
    assert!(told.err.contains("start it, or correct the host and the port"), "{}", told.err);
    assert!(!told.err.contains("s3cret"), "{}", told.err);
}

/// The status of this path, and when to ask again.
async fn status(url: &str) -> (u16, Option<String>) {
    let answer = crate::running::http().get(url).send().await.unwrap();
    let later = answer.headers().get("retry-after");
    let later = later.map(|value| value.to_str().unwrap().to_owned());
    (answer.status().as_u16(), later)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_whose_database_is_away_says_so_and_works_again_when_it_is_back() {
    let mut database = tokio::task::spawn_blocking(|| Server::start("")).await.unwrap();
    let url = database.database().await.url;
    let folder = folder().with("COUNTERSIGN_DATABASE_URL", &url);
    let served = tokio::task::block_in_place(|| serve_in(folder));
    let public = served.folder.variables()[0].1.clone();
    assert_eq!(status(&format!("{public}/readyz")).await, (200, None));
    database.stop();
    let ask = format!("{public}/authorize?response_type=code&client_id=x&redirect_uri=http://a/");
    assert_eq!(status(&ask).await, (503, Some("5".to_owned())));
    assert_eq!(status(&format!("{public}/healthz")).await, (200, None));
    while status(&format!("{public}/readyz")).await.0 == 200 {
        tokio::task::block_in_place(|| sleep(Duration::from_millis(200)));
    }
    assert_eq!(status(&format!("{public}/readyz")).await, (503, Some("5".to_owned())));
    tokio::task::block_in_place(|| database.restart());
    while status(&format!("{public}/readyz")).await.0 != 200 {
        tokio::task::block_in_place(|| sleep(Duration::from_millis(200)));
    }
    assert_eq!(status(&ask).await.0, 400, "an unknown client, as before");
}
