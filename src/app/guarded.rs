//! The protected servers that are answered here, each behind its guard and its gate.

use std::sync::Arc;

use axum::Router;
use url::Url;

use crate::{
    app::{Hands, StartFault, references},
    config::Config,
    demo::{Demo, ProfileLookup, demo_service},
    engine::policy::{Auth, IdentityTo, Policy, ServerSettings, StdioCommand, Upstream},
    flow::keys::Keys,
    gateway::{
        Allowances, Assertions, Door, Gate, Identity, Proxy, Room, SessionSeal, gated, pool,
        proxied,
        stdio::{self, Stdio, StdioSettings, Times},
    },
    guard::{Guard, LookUp, Protected, Revocations},
    protocol::{id::UserId, issuer::Issuer},
    web,
};

/// What the gates are made of.
pub(super) struct Parts<'a> {
    pub(super) config: &'a Config,
    pub(super) hands: &'a Hands,
    pub(super) keys: &'a Keys,
    pub(super) revocations: &'a Revocations,
    pub(super) look_up: LookUp,
}

/// The servers at our own public URL, and those under other host names.
#[derive(Default)]
pub(super) struct Guarded {
    pub(super) ours: Router,
    pub(super) others: Vec<(Issuer, Router)>,
    /// What each person has left, server by server; to be swept.
    pub(super) allowances: Vec<Arc<Allowances>>,
    /// Those that are programs, whose processes must end with us.
    pub(super) programs: Vec<Stdio>,
}

impl Parts<'_> {
    /// Every server that is answered here.
    pub(super) fn guarded(&self) -> Result<Guarded, StartFault> {
        let room = Room::new(ALL_BODIES);
        let mut guarded = Guarded::default();
        let here = |server: &&ServerSettings| server.upstream != Upstream::Elsewhere;
        for server in self.config.servers.iter().filter(here) {
            let guard = Arc::new(self.guard(server));
            let host = self.other_host(server);
            let name = host.clone().unwrap_or_else(|| self.config.public_url.clone());
            let allowances = Arc::new(allowances(server));
            let gate = Gate {
                guard: (server.auth == Auth::Required).then(|| Arc::clone(&guard)),
                policy: Arc::new(server.policy.clone()),
                allowances: Arc::clone(&allowances),
                door: Door { names: vec![name], origins: server.behind.origins.clone() },
                room: room.clone(),
                most: server.behind.max_body,
                patience: self.config.limits.request,
                stop: self.hands.stop.clone(),
            };
            guarded.allowances.push(allowances);
            let router = self.behind(gate, server, &mut guarded.programs)?;
            let router = match server.auth {
                Auth::Required => router,
                Auth::None => web::for_this_machine(router),
            };
            guarded.add(host, web::open_to_browsers(router), guard);
        }
        Ok(guarded)
    }

    /// What answers behind its gate.
    fn behind(
        &self,
        gate: Gate,
        server: &ServerSettings,
        programs: &mut Vec<Stdio>,
    ) -> Result<Router, StartFault> {
        let path = server.resource.path();
        Ok(match &server.upstream {
            Upstream::Elsewhere => Router::new(), // nobody comes to it here
            Upstream::Demo => gated(&path, gate, demo_service(self.demo())),
            Upstream::Http(url) => {
                let policy = Arc::clone(&gate.policy);
                gated(&path, gate, proxied(self.proxy(server, policy, url)?))
            }
            Upstream::Stdio(command) => {
                let program = self.started(server, command);
                programs.push(program.clone());
                gated(&path, gate, program)
            }
        })
    }

    fn demo(&self) -> Demo {
        let Hands { clock, stop, .. } = self.hands.clone();
        Demo { profiles: self.profiles(), clock, stop }
    }

    fn proxy(
        &self,
        server: &ServerSettings,
        policy: Arc<Policy>,
        url: &Url,
    ) -> Result<Proxy, StartFault> {
        let Hands { vault, clock, entropy, .. } = self.hands.clone();
        let timeouts = server.behind.timeouts;
        let pool = pool(timeouts.connect);
        Ok(Proxy {
            pool: pool.map_err(|error| StartFault::Trust(error.to_string()))?,
            upstream: url.clone(),
            identity: self.identity(server, url),
            headers: server.behind.headers.clone(),
            policy,
            sessions: SessionSeal { vault, entropy, server: server.id.clone() },
            first_byte: timeouts.first_byte,
            idle: timeouts.idle,
            clock,
        })
    }

    fn started(&self, server: &ServerSettings, command: &StdioCommand) -> Stdio {
        let settings = StdioSettings {
            server: server.id.clone(),
            command: command.clone(),
            inherited: self.config.inherited.clone(),
            times: Times::default(),
        };
        let Hands { entropy, stop, .. } = self.hands.clone();
        stdio::service(settings, entropy, stop)
    }

    fn identity(&self, server: &ServerSettings, url: &Url) -> Identity {
        match server.behind.identity {
            IdentityTo::Headers => Identity::Headers,
            IdentityTo::Nothing => Identity::Nothing,
            IdentityTo::Assertion => Identity::Assertion(Assertions {
                keys: self.keys.clone(),
                issuer: self.config.public_url.to_string(),
                audience: url.to_string(),
            }),
        }
    }

    fn guard(&self, server: &ServerSettings) -> Guard {
        let protected = Protected {
            resource: server.resource.clone(),
            issuer: self.config.public_url.to_string(),
            scopes: server.scopes(),
            name: server.name.clone(),
        };
        Guard::local(protected, self.keys.guards())
            .with_clock(Arc::clone(&self.hands.clock))
            .with_revocations(self.revocations.clone())
            .with_references(Arc::clone(&self.look_up))
            .with_static_tokens(references::fixed(self.config, server))
    }

    fn profiles(&self) -> ProfileLookup {
        let store = Arc::clone(&self.hands.store);
        Arc::new(move |id: UserId| {
            let store = Arc::clone(&store);
            Box::pin(async move { store.user(&id).await.ok().flatten() })
        })
    }

    /// The origin under which a server is reached, where it is not our public URL.
    fn other_host(&self, server: &ServerSettings) -> Option<Issuer> {
        let origin = Issuer::parse(&server.resource.origin()).ok();
        origin.filter(|origin| *origin != self.config.public_url)
    }
}

impl Guarded {
    fn add(&mut self, host: Option<Issuer>, router: Router, guard: Arc<Guard>) {
        let Some(host) = host else {
            self.ours = std::mem::take(&mut self.ours).merge(router);
            return;
        };
        // Our own metadata stands among the authorization server's documents.
        let router = router.route_service(&guard.metadata_path(), guard.metadata_service());
        match self.others.iter_mut().find(|(other, _)| *other == host) {
            Some((_, known)) => *known = std::mem::take(known).merge(router),
            None => self.others.push((host, router)),
        }
    }
}

fn allowances(server: &ServerSettings) -> Allowances {
    let tools = server.policy.limits().map(|(rule, limit)| (rule.to_owned(), limit));
    Allowances::new(server.limit, tools)
}

/// What the bodies of all calls under way may take together.
const ALL_BODIES: usize = 64 * 1024 * 1024;
