//! The authorization server's flows, each given the hands it needs.

use std::sync::Arc;

use crate::{
    ambient::Clock,
    app::{Hands, people::People, references, shown},
    config::Config,
    flow::{
        account::Accounts,
        callback::Callbacks,
        clients::{ASSERTION_ALGORITHMS, Clients},
        introspect::Introspection,
        keys::Keys,
        providers::Provider,
        register::Registrations,
        revoke::{Revocation, Revoker},
        sign_in::SignIns,
        tokens::Tokens,
    },
    guard::LEEWAY,
    jose::id_token::UnsignedTokens,
    protocol::secret::ClientSecret,
    provider::{adapter, secret::Secret, settings::ProviderSettings},
    upstream::{
        client_document::ClientDocuments,
        discovery::Discovery,
        http::{FetchPolicy, Fetcher, Reach},
        jwks::JwksCache,
        toolkit::AccessTokens,
    },
    web::{AddressRates, Site},
};

/// What the flows are made of.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) hands: &'a Hands,
    pub(super) keys: &'a Keys,
    pub(super) revoker: &'a Arc<Revoker>,
}

impl Parts<'_> {
    /// The whole site.
    pub(super) fn site(&self, providers: Arc<[Provider]>, people: &People) -> Site {
        let clients = Arc::new(clients(self.config, self.hands));
        Site {
            sign_ins: self.sign_ins(&clients, people),
            callbacks: self.callbacks(people),
            accounts: self.accounts(&clients, people),
            tokens: self.tokens(&clients, people),
            revocation: self.revocation(clients),
            introspection: self.introspection(people),
            registrations: self.registrations(),
            health: shown::health(self.hands, providers, self.config),
            published: shown::published(self.config, self.keys),
            rates: self.rates(),
            shown: shown::shown(self.config),
        }
    }

    fn sign_ins(&self, clients: &Arc<Clients>, people: &People) -> SignIns {
        let Hands { store, vault, clock, entropy, .. } = self.hands.clone();
        SignIns {
            store,
            vault,
            clients: Arc::clone(clients),
            providers: Arc::clone(&people.providers),
            terms: Arc::clone(&people.terms),
            departures: Arc::clone(&people.departures),
            sessions: Arc::clone(&people.sessions),
            authorizer: Arc::clone(&people.authorizer),
            limits: self.config.limits.clone(),
            clock,
            entropy,
        }
    }

    fn callbacks(&self, people: &People) -> Callbacks {
        let Hands { store, vault, clock, entropy, .. } = self.hands.clone();
        Callbacks {
            store,
            vault,
            providers: Arc::clone(&people.providers),
            authorizer: Arc::clone(&people.authorizer),
            sessions: Arc::clone(&people.sessions),
            limits: self.config.limits.clone(),
            clock,
            entropy,
        }
    }

    fn accounts(&self, clients: &Arc<Clients>, people: &People) -> Accounts {
        let Hands { store, vault, clock, entropy, .. } = self.hands.clone();
        Accounts {
            store,
            vault,
            sessions: Arc::clone(&people.sessions),
            departures: Arc::clone(&people.departures),
            providers: Arc::clone(&people.providers),
            clients: Arc::clone(clients),
            personal: Arc::clone(&people.personal),
            revoker: Arc::clone(self.revoker),
            clock,
            entropy,
        }
    }

    fn tokens(&self, clients: &Arc<Clients>, people: &People) -> Tokens {
        let Hands { store, vault, clock, entropy, .. } = self.hands.clone();
        Tokens {
            store,
            vault,
            clients: Arc::clone(clients),
            revoker: Arc::clone(self.revoker),
            standing: Arc::clone(&people.standing),
            keys: self.keys.clone(),
            opaque: references::opaque(self.config),
            issuer: self.config.public_url.clone(),
            limits: self.config.limits.clone(),
            clock,
            entropy,
        }
    }

    fn registrations(&self) -> Registrations {
        let Hands { store, clock, entropy, .. } = self.hands.clone();
        Registrations { store, limits: self.config.limits.clone(), clock, entropy }
    }

    fn rates(&self) -> Arc<AddressRates> {
        let Config { address_limits, trusted_proxies, public_url, .. } = self.config;
        let at_home = public_url.is_loopback();
        Arc::new(AddressRates::new(*address_limits, trusted_proxies.clone(), at_home))
    }

    fn revocation(&self, clients: Arc<Clients>) -> Revocation {
        let resources = self.config.servers.iter().map(|server| server.resource.clone());
        Revocation {
            clients,
            revoker: Arc::clone(self.revoker),
            vault: Arc::clone(&self.hands.vault),
            keys: self.keys.clone(),
            issuer: self.config.public_url.clone(),
            resources: resources.collect(),
            clock: Arc::clone(&self.hands.clock),
        }
    }

    fn introspection(&self, people: &People) -> Introspection {
        Introspection {
            store: Arc::clone(&self.hands.store),
            askers: references::askers(self.config),
            references: Arc::clone(&people.references),
            keys: self.keys.clone(),
            issuer: self.config.public_url.clone(),
            leeway: LEEWAY,
            clock: Arc::clone(&self.hands.clock),
        }
    }
}

fn clients(config: &Config, hands: &Hands) -> Clients {
    let reach = if config.private_networks { Reach::Private } else { Reach::Public };
    let policy = FetchPolicy { reach, ..FetchPolicy::for_strangers() };
    let strangers = fetcher(config, Fetcher::new(policy));
    let clock = &hands.clock;
    Clients {
        store: Arc::clone(&hands.store),
        configured: config.env_client.clone(),
        documents: Arc::new(ClientDocuments::new(strangers.clone(), Arc::clone(clock))),
        keys: Arc::new(JwksCache::new(strangers, Arc::clone(clock), &ASSERTION_ALGORITHMS)),
        limits: config.limits.clone(),
        clock: Arc::clone(clock),
        issuer: config.public_url.clone(),
    }
}

/// Every configured provider; the development one is given our secret there.
pub(super) fn providers(
    config: &Config,
    clock: &Arc<dyn Clock>,
    dev_secret: &ClientSecret,
) -> Vec<Provider> {
    let fetcher = fetcher(config, Fetcher::for_operator());
    let discovery = Arc::new(Discovery::new(fetcher.clone(), Arc::clone(clock)));
    let provider = |settings: &ProviderSettings| Provider {
        callback: config.public_url.join(&format!("/callback/{}", settings.id)),
        keys: Arc::new(JwksCache::new(fetcher.clone(), Arc::clone(clock), &settings.algorithms)),
        discovery: Arc::clone(&discovery),
        fetcher: fetcher.clone(),
        clock: Arc::clone(clock),
        answers: true.into(),
        unsigned: UnsignedTokens::on_loopback(&config.public_url),
        access_tokens: AccessTokens::default(),
        adapter: adapter(settings.clone()),
    };
    let known = |settings: &ProviderSettings| match &config.dev {
        Some(dev) if dev.provider == settings.id => {
            let secret = Secret::new(dev_secret.reveal());
            settings.clone().for_dev(dev.issuer.clone(), Some(secret))
        }
        _ => settings.clone(),
    };
    config.providers.iter().map(known).map(|settings| provider(&settings)).collect()
}

/// Plain http and loopback addresses are for a service that is itself on loopback.
fn fetcher(config: &Config, fetcher: Fetcher) -> Fetcher {
    if config.public_url.is_loopback() { fetcher.with_loopback() } else { fetcher }
}
