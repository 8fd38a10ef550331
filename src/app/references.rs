//! Tokens that are no signed statements: who looks them up, and for whom.

use std::sync::Arc;

use crate::{
    config::Config,
    engine::policy::{Auth, ServerSettings, TokenForm},
    flow::{introspect::Asker, references::References},
    guard::{LookUp, OutOfReach},
    protocol::{access::AccessClaims, id::ServerId, secret::Digest},
};

/// The hand that guards look tokens up with.
pub(super) fn look_up(references: &Arc<References>) -> LookUp {
    let references = Arc::clone(references);
    Arc::new(move |reference| {
        let references = Arc::clone(&references);
        Box::pin(async move {
            references.claims(&reference).await.map_err(|error| {
                tracing::warn!(%error, "a token could not be looked up");
                OutOfReach
            })
        })
    })
}

/// The static tokens of a server, with what they stand for.
pub(super) fn fixed(config: &Config, server: &ServerSettings) -> Vec<(Digest, AccessClaims)> {
    let issuer = config.public_url.as_str();
    let tokens = server.tokens.fixed.iter();
    tokens.map(|token| (token.digest, token.claims(issuer, &server.resource))).collect()
}

/// The servers whose access tokens are opaque.
pub(super) fn opaque(config: &Config) -> Vec<ServerId> {
    let opaque = config.servers.iter().filter(|server| server.tokens.form == TokenForm::Opaque);
    opaque.map(|server| server.id.clone()).collect()
}

/// Every server that asks for tokens, as the introspection endpoint knows it.
pub(super) fn askers(config: &Config) -> Vec<Asker> {
    let guarded = config.servers.iter().filter(|server| server.auth == Auth::Required);
    let asker = |server: &ServerSettings| Asker {
        server: server.id.clone(),
        resource: server.resource.clone(),
        tokens: server.tokens.clone(),
    };
    guarded.map(asker).collect()
}
