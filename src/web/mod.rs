//! Floor 5: the authorization server's endpoints and pages over HTTP.
//!
//! A handler parses, calls one flow and renders. It owns status codes, headers and cookies; it never
//! sees a store and decides nothing about OAuth.
//!
//! Layers are put together by `ServiceBuilder` before a router gets them: of each `Router::layer` it makes
//! a box that every request clones.

pub mod cookies;
pub mod headers;
pub mod pages;
pub mod serve;

mod account;
mod authorize;
mod callback;
mod firebase;
mod form;
mod health;
mod hosts;
mod introspect;
mod layers;
mod metadata;
mod peer;
mod problem;
mod rates;
mod request;
mod sign_out;
mod token;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, Method, StatusCode, header},
    routing::{get, post},
};
use tower::ServiceBuilder;
use tower_http::{catch_panic::CatchPanicLayer, cors::CorsLayer, timeout::TimeoutLayer};

use crate::{
    flow::{
        account::Accounts, callback::Callbacks, introspect::Introspection, register::Registrations,
        revoke::Revocation, sign_in::SignIns, tokens::Tokens,
    },
    protocol::{id::ServerId, issuer::Issuer},
    rate::{RATE_LIMIT, RATE_LIMIT_POLICY},
    web::{
        cookies::CookieJar,
        health::Health,
        layers::{LeadTo, Unless},
        metadata::Published,
        pages::{HomePage, Pages, ProviderButton, ScopeLine},
        request::Traced,
    },
};

pub use health::{Health as HealthChecks, ProviderHealth};
pub use hosts::by_host;
pub use metadata::{GuardedServer, Published as PublishedMetadata};
pub use rates::AddressRates;

/// Everything the endpoints reach.
pub struct Site {
    /// Before the provider.
    pub sign_ins: SignIns,
    /// After the provider.
    pub callbacks: Callbacks,
    /// A person's own page.
    pub accounts: Accounts,
    /// The token endpoint.
    pub tokens: Tokens,
    /// The registration endpoint.
    pub registrations: Registrations,
    /// The revocation endpoint.
    pub revocation: Revocation,
    /// The introspection endpoint.
    pub introspection: Introspection,
    /// Ready documents.
    pub published: Published,
    /// Ready and well.
    pub health: Health,
    /// How often one network address may ask.
    pub rates: Arc<AddressRates>,
    /// Names, pages and words.
    pub shown: Shown,
}

/// What the pages are made of.
pub struct Shown {
    /// Ourselves.
    pub issuer: Issuer,
    /// How cookies are named and read.
    pub cookies: CookieJar,
    /// The pages.
    pub pages: Pages,
    /// The protected servers, as the authorize page shows them.
    pub servers: Vec<ShownServer>,
    /// A button per provider.
    pub buttons: Vec<ProviderButton>,
    /// The providers' addresses, which the form may lead to.
    pub form_targets: Vec<String>,
    /// What `/` shows.
    pub home: HomePage,
}

/// A protected server in words.
#[derive(Clone, Debug)]
pub struct ShownServer {
    /// Its id.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its scopes.
    pub scopes: Vec<ScopeLine>,
}

/// The largest body of an OAuth request.
pub const MAX_BODY: usize = 64 * 1024;

/// The time for an answer of ours.
const PATIENCE: Duration = Duration::from_secs(30);

/// The routes of the authorization server.
pub fn router(site: Arc<Site>) -> Router {
    let operators = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics));
    for_clients(&site)
        .merge(for_servers(&site))
        .merge(for_people(&site))
        .merge(operators)
        .fallback(problem::not_found)
        .layer(
            ServiceBuilder::new()
                .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
                .layer(DefaultBodyLimit::max(MAX_BODY))
                .map_response(problem::later),
        )
        .with_state(site)
}

fn for_clients(site: &Arc<Site>) -> Router<Arc<Site>> {
    let often = rates::for_clients(Arc::clone(site));
    let anew = rates::for_registrations(Arc::clone(site));
    Router::new()
        .route("/token", post(token::token))
        .route("/revoke", post(token::revoke))
        .route_layer(often)
        .merge(Router::new().route("/register", post(token::register)).route_layer(anew))
        .layer(ServiceBuilder::new().layer(cors()).map_response(token::never_kept))
}

/// The published documents, and `rest` with what surrounds every other route.
pub fn all(site: Arc<Site>, rest: Router) -> Router {
    let refused = Router::new().fallback(async || StatusCode::METHOD_NOT_ALLOWED);
    let otherwise = surrounded(refused.layer(cors()));
    let well_known = || get(metadata::well_known).fallback_service(otherwise.clone());
    let documents = Router::new()
        .route("/jwks", get(metadata::jwks).fallback_service(otherwise.clone()))
        .route(
            "/.well-known/{*document}",
            get(metadata::well_known).fallback_service(otherwise.clone()),
        );
    // By their own names: to take a name out of a path costs as much as all the rest.
    let named = |router: Router<Arc<Site>>, path| router.route(path, well_known());
    let documents = site.published.paths().fold(documents, named);
    documents.with_state(site).merge(surrounded(rest))
}

/// Protected servers ask, and no browser's page does.
fn for_servers(site: &Arc<Site>) -> Router<Arc<Site>> {
    let often = rates::for_clients(Arc::clone(site));
    Router::new()
        .route("/introspect", post(introspect::introspect))
        .route_layer(often)
        .layer(ServiceBuilder::new().map_response(token::never_kept))
}

fn for_people(site: &Arc<Site>) -> Router<Arc<Site>> {
    let often = rates::for_people(Arc::clone(site));
    let ours = request::at_our_name(Arc::clone(site));
    Router::new()
        .route("/authorize", get(authorize::show).post(authorize::answer))
        .route(
            "/callback/{provider}",
            get(callback::callback).head(callback::not_by_head).post(firebase::post),
        )
        .route("/sign-in/{provider}", get(firebase::page))
        .route("/confirm/{provider}", get(firebase::ask).post(firebase::confirm))
        .route("/account", get(account::show).post(account::change))
        .route("/sign-out", get(sign_out::ask).post(sign_out::leave))
        .route_layer(often)
        .route("/", get(authorize::home))
        .route("/signed-out", get(sign_out::done))
        .merge(assets())
        .layer(ours)
}

/// The style sheet and the logo.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/static/{file}", get(authorize::asset))
}

/// What surrounds every route, those of the MCP servers included.
pub fn surrounded(router: Router) -> Router {
    router.layer(ServiceBuilder::new().layer_fn(Traced).layer(CatchPanicLayer::new()))
}

/// Lets browser-based MCP clients call the guarded servers, from the origins that those admit: the
/// preflight carries no token and is answered before the guard, whose challenge the page may read.
pub fn open_to_browsers(servers: Router) -> Router {
    let session = HeaderName::from_static("mcp-session-id");
    let cors = CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(tower_http::cors::AllowHeaders::mirror_request())
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            session,
        ])
        .max_age(Duration::from_mins(10));
    let preflights = LeadTo { other: servers.clone(), which: is_no_preflight };
    servers.layer(ServiceBuilder::new().layer(preflights).layer(cors))
}

/// Keeps servers that ask for no token to this machine, whatever proxy or tunnel leads to it.
pub fn for_this_machine(servers: Router) -> Router {
    servers.layer(Unless(peer::from_elsewhere))
}

/// `CorsLayer` answers any OPTIONS. One that asks for no method is no preflight (Fetch §4.8), and the
/// guard's business like every other request.
fn is_no_preflight(request: &Request) -> bool {
    let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.method() == Method::OPTIONS && !asks
}

/// Browser-based clients call the machine endpoints from other origins, without credentials.
fn cors() -> CorsLayer {
    let version = HeaderName::from_static("mcp-protocol-version");
    CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, version])
        .expose_headers([
            header::WWW_AUTHENTICATE,
            header::RETRY_AFTER,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
        ])
        .max_age(Duration::from_mins(10))
}
