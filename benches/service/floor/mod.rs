//! The floor: bare axum servers that do only the unavoidable work of an endpoint. They know no client,
//! no expiry and no replay, so that no correct server can be quicker on the same machine.

mod behind;
mod exchange;
mod postgres;
mod proxy;
mod sqlite;

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context as _;
use axum::{
    Form, Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
    serve::ListenerExt as _,
};
use clap::ValueEnum;
use countersign::jose::{algorithm::Algorithm, sign::SigningKey};

use self::{
    exchange::{Asked, Given, given},
    postgres::Writer as Postgres,
    sqlite::Writer as Sqlite,
};

pub(crate) use self::{behind::Guarded, postgres::fill as fill_postgres, sqlite::fill};

/// What a floor server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Floor {
    /// Answers a GET with a word.
    Hello,
    /// Reads the form of a token request and answers with 700 bytes of JSON.
    Form,
    /// The same and one ES256 signature.
    Sign,
    /// The same and one durable exchange in SQLite.
    Sqlite,
    /// The same in PostgreSQL.
    Postgres,
    /// Answers a GET with a word, behind the guard of this library.
    Guarded,
    /// Publishes a key set, as Google does.
    Keys,
    /// Stands behind a gateway: answers a call of an MCP tool with 1 KiB of JSON.
    Upstream,
    /// Passes such a call on to the server behind.
    Proxy,
}

/// Where exchanges are written.
#[derive(Clone)]
enum Writer {
    Nowhere,
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

#[derive(Clone)]
struct Hands {
    signer: SigningKey,
    writer: Writer,
}

/// Is that server, until the process is ended.
pub(crate) fn serve(floor: Floor, listen: SocketAddr, file: Option<&Path>) -> anyhow::Result<()> {
    // The runtime of the service.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = router(floor, file).await?;
        let listener = tokio::net::TcpListener::bind(listen).await?;
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

async fn router(floor: Floor, file: Option<&Path>) -> anyhow::Result<Router> {
    let file = || file.context("--file says which");
    let (signer, _) = SigningKey::generate(Algorithm::Es256)?;
    let writer = match floor {
        Floor::Sqlite => Writer::Sqlite(Arc::new(Sqlite::open(file()?)?)),
        Floor::Postgres => {
            let url = file()?.to_str().context("a URL")?;
            Writer::Postgres(Arc::new(Postgres::open(url).await?))
        }
        _ => Writer::Nowhere,
    };
    let hello = get(async || "hello");
    let router = match floor {
        Floor::Hello => Router::new().route("/", hello),
        Floor::Guarded => behind::guarded(file()?, hello)?,
        Floor::Keys => Router::new().route("/", behind::keys(file()?)?),
        Floor::Upstream => Router::new().route("/mcp", post(behind::answer)),
        Floor::Proxy => {
            let way = proxy::Way::to(file()?.to_str().context("an address")?);
            Router::new().route("/mcp", post(proxy::passed).with_state(way))
        }
        Floor::Form => Router::new().route("/token", post(form)),
        Floor::Sign => Router::new().route("/token", post(sign)),
        Floor::Sqlite | Floor::Postgres => Router::new().route("/token", post(exchange)),
    };
    Ok(router.with_state(Hands { signer, writer }))
}

async fn form(Form(_): Form<Asked>) -> Json<Given> {
    Json(given("x".repeat(exchange::TOKEN)))
}

async fn sign(State(hands): State<Hands>, Form(asked): Form<Asked>) -> Json<Given> {
    Json(given(exchange::signed(&hands.signer, &asked)))
}

async fn exchange(
    State(hands): State<Hands>,
    Form(asked): Form<Asked>,
) -> Result<Json<Given>, (StatusCode, String)> {
    let mut answer = given(String::new());
    let written = match &hands.writer {
        Writer::Nowhere => Err("no database".to_owned()),
        Writer::Sqlite(writer) => writer.exchange(asked.secret(), &answer.refresh_token).await,
        Writer::Postgres(writer) => writer.exchange(asked.secret(), &answer.refresh_token).await,
    };
    written.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error))?;
    answer.access_token = exchange::signed(&hands.signer, &asked);
    Ok(Json(answer))
}
