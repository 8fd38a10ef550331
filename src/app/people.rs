//! What every flow about people shares.

use std::sync::Arc;

use crate::{
    app::{Hands, servers},
    config::Config,
    engine::{
        authorize::Terms,
        policy::{Auth, ServerSettings, Upstream},
    },
    flow::{
        authorizer::Authorizer, pending::Departures, personal::PersonalTokens, providers::Provider,
        references::References, session::Sessions, standing::Standing,
    },
};

/// The shared flows.
pub(super) struct People {
    pub(super) providers: Arc<[Provider]>,
    pub(super) terms: Arc<[Terms]>,
    pub(super) standing: Arc<Standing>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) departures: Arc<Departures>,
    pub(super) authorizer: Arc<Authorizer>,
    pub(super) personal: Arc<PersonalTokens>,
    pub(super) references: Arc<References>,
}

impl People {
    pub(super) fn new(config: &Config, hands: &Hands, providers: &Arc<[Provider]>) -> Self {
        let standing = Arc::new(standing(config, hands, providers));
        Self {
            providers: Arc::clone(providers),
            terms: Arc::clone(&standing.terms),
            sessions: Arc::new(sessions(config, hands, &standing)),
            departures: Arc::new(departures(config, hands)),
            authorizer: Arc::new(authorizer(config, hands)),
            personal: Arc::new(personal(config, hands, &standing)),
            references: Arc::new(References {
                store: Arc::clone(&hands.store),
                standing: Arc::clone(&standing),
                issuer: config.public_url.clone(),
            }),
            standing,
        }
    }
}

fn standing(config: &Config, hands: &Hands, providers: &Arc<[Provider]>) -> Standing {
    let Hands { store, vault, clock, .. } = hands.clone();
    Standing {
        store,
        vault,
        providers: Arc::clone(providers),
        terms: config.servers.iter().map(terms).collect(),
        expand: servers::expand(config),
        clock,
    }
}

fn sessions(config: &Config, hands: &Hands, standing: &Arc<Standing>) -> Sessions {
    let Hands { store, clock, entropy, .. } = hands.clone();
    let (standing, limits) = (Arc::clone(standing), config.limits.clone());
    Sessions { store, standing, limits, clock, entropy }
}

fn departures(config: &Config, hands: &Hands) -> Departures {
    let Hands { store, vault, clock, entropy, .. } = hands.clone();
    Departures { store, vault, limits: config.limits.clone(), clock, entropy }
}

fn authorizer(config: &Config, hands: &Hands) -> Authorizer {
    let Hands { store, vault, clock, entropy, .. } = hands.clone();
    let (expand, limits) = (servers::expand(config), config.limits.clone());
    Authorizer { store, vault, expand, limits, clock, entropy }
}

fn personal(config: &Config, hands: &Hands, standing: &Arc<Standing>) -> PersonalTokens {
    let Hands { store, clock, entropy, .. } = hands.clone();
    let guarded = config.servers.iter().filter(|server| takes_references(server));
    let guarded = guarded.map(terms).collect();
    PersonalTokens { store, standing: Arc::clone(standing), guarded, clock, entropy }
}

/// A server that checks tokens itself must be able to ask what one stands for.
fn takes_references(server: &ServerSettings) -> bool {
    let ours = server.upstream != Upstream::Elsewhere;
    server.auth == Auth::Required && (ours || server.tokens.introspection.is_some())
}

fn terms(server: &ServerSettings) -> Terms {
    Terms { id: server.id.clone(), resource: server.resource.clone(), scopes: server.scopes() }
}
