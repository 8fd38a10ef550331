//! The protected servers behind their guards, and the development identity provider.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use url::Url;

use crate::{
    app::{Hands, StartFault, shown},
    config::Config,
    demo::{Demo, demo_service},
    devidp::{self, DevClient, DevIdp},
    engine::policy::{Auth, ServerSettings, Upstream},
    flow::authorizer::Expand,
    gateway::{Door, Gate, Identity, Proxy, Room, SessionSeal, gated, pool, proxied},
    guard::{Guard, LocalKeys, Protected, Revocations},
    jose::{algorithm::Algorithm, sign::SigningKey},
    protocol::{id::UserId, issuer::Issuer, secret::ClientSecret},
    web,
};

/// The servers that are answered here: at our own public URL, and under other host names.
pub(super) struct Guarded {
    pub(super) ours: Router,
    pub(super) others: Vec<(Issuer, Router)>,
}

/// Every server that is answered here, behind its guard and its gate.
pub(super) fn guarded(
    config: &Config,
    hands: &Hands,
    local: &LocalKeys,
    revocations: &Revocations,
) -> Result<Guarded, StartFault> {
    let room = Room::new(ALL_BODIES);
    let mut guarded = Guarded { ours: Router::new(), others: Vec::new() };
    for server in &config.servers {
        let behind = match &server.upstream {
            Upstream::Elsewhere => continue,
            Upstream::Demo => demo_service(demo(hands)),
            Upstream::Http(url) => proxied(proxy(hands, server, url)?),
        };
        let guard = guard(config, hands, server, local).with_revocations(revocations.clone());
        guarded.add(config, server, Arc::new(guard), room.clone(), behind);
    }
    Ok(guarded)
}

impl Guarded {
    fn add(
        &mut self,
        config: &Config,
        server: &ServerSettings,
        guard: Arc<Guard>,
        room: Room,
        behind: Router,
    ) {
        let origin = Issuer::parse(&server.resource.origin());
        let host = origin.ok().filter(|origin| *origin != config.public_url);
        let mut names = vec![config.public_url.clone()];
        if let Some(host) = &host {
            names = vec![host.clone()];
        }
        let gate = Gate {
            guard: (server.auth == Auth::Required).then(|| Arc::clone(&guard)),
            policy: server.policy.clone(),
            door: Door { names, origins: Vec::new() },
            room,
            most: MAX_BODY,
            patience: config.limits.request,
        };
        let router = web::open_to_browsers(gated(&server.resource.path(), gate, behind));
        match host {
            None => self.ours = std::mem::take(&mut self.ours).merge(router),
            Some(host) => self.at(host, router.merge(metadata(guard))),
        }
    }

    fn at(&mut self, host: Issuer, router: Router) {
        match self.others.iter_mut().find(|(other, _)| *other == host) {
            Some((_, known)) => *known = std::mem::take(known).merge(router),
            None => self.others.push((host, router)),
        }
    }
}

/// The server's metadata under its own host name; our own stands among the authorization server's.
fn metadata(guard: Arc<Guard>) -> Router {
    let path = guard.metadata_path();
    Router::new().route_service(&path, guard.metadata_service())
}

fn demo(hands: &Hands) -> Demo {
    Demo { profiles: profiles(hands), clock: Arc::clone(&hands.clock), stop: hands.stop.clone() }
}

fn proxy(hands: &Hands, server: &ServerSettings, upstream: &Url) -> Result<Proxy, StartFault> {
    let Hands { vault, clock, entropy, .. } = hands.clone();
    let pool =
        pool(Duration::from_secs(5)).map_err(|error| StartFault::Trust(error.to_string()))?;
    Ok(Proxy {
        pool,
        upstream: upstream.clone(),
        identity: Identity::Headers,
        policy: server.policy.clone(),
        sessions: SessionSeal { vault, entropy, server: server.id.clone() },
        first_byte: Duration::from_mins(2),
        idle: Duration::from_mins(10),
        clock,
    })
}

fn guard(config: &Config, hands: &Hands, server: &ServerSettings, keys: &LocalKeys) -> Guard {
    let protected = Protected {
        resource: server.resource.clone(),
        issuer: config.public_url.to_string(),
        scopes: server.scopes(),
        name: server.name.clone(),
    };
    Guard::local(protected, keys.clone()).with_clock(Arc::clone(&hands.clock))
}

fn profiles(hands: &Hands) -> crate::demo::ProfileLookup {
    let store = Arc::clone(&hands.store);
    Arc::new(move |id: UserId| {
        let store = Arc::clone(&store);
        Box::pin(async move { store.user(&id).await.ok().flatten() })
    })
}

/// What scopes imply at each server.
pub(super) fn expand(config: &Config) -> Expand {
    let policies: Vec<_> =
        config.servers.iter().map(|server| (server.id.clone(), server.policy.clone())).collect();
    Arc::new(move |id, scopes| {
        let policy = policies.iter().find(|(known, _)| known == id);
        policy.map_or_else(|| scopes.clone(), |(_, policy)| policy.expand(scopes))
    })
}

/// The development identity provider, when it is configured, and its secret for us.
pub(super) fn development(
    config: &Config,
    hands: &Hands,
    secret: &ClientSecret,
) -> Result<Option<(Vec<SocketAddr>, Router)>, StartFault> {
    let Some(dev) = &config.dev else { return Ok(None) };
    let broken = |error: &dyn std::fmt::Display| StartFault::Dev(error.to_string());
    let issuer = Issuer::parse(&dev.issuer).map_err(|error| broken(&error))?;
    let (key, _) = SigningKey::generate(Algorithm::Rs256).map_err(|error| broken(&error))?;
    let settings = config.providers.iter().find(|settings| settings.id == dev.provider);
    let client = DevClient {
        id: settings.map(|settings| settings.client_id.clone()).unwrap_or_default(),
        secret: secret.digest(),
        redirect_uris: vec![config.public_url.join(&format!("/callback/{}", dev.provider))],
        post_logout_redirect_uris: vec![config.public_url.join("/signed-out")],
    };
    let idp = DevIdp {
        issuer,
        client,
        users: dev.users.clone(),
        key,
        page: shown::dev_page(),
        clock: Arc::clone(&hands.clock),
        entropy: Arc::clone(&hands.entropy),
    };
    let router = devidp::router(idp, &config.public_url).map_err(|error| broken(&error))?;
    let addresses = dev.listen.addresses.iter().map(|listen| listen.address).collect();
    Ok(Some((addresses, web::surrounded(router.merge(web::assets())))))
}

/// What the bodies of all calls under way may take together.
const ALL_BODIES: usize = 64 * 1024 * 1024;
const MAX_BODY: usize = 4 * 1024 * 1024;
