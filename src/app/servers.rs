//! The protected servers behind their guards, and the development identity provider.

use std::{net::SocketAddr, sync::Arc};

use axum::Router;

use crate::{
    app::{Hands, StartFault, shown},
    config::Config,
    devidp::{self, DevClient, DevIdp},
    flow::authorizer::Expand,
    jose::{algorithm::Algorithm, sign::SigningKey},
    protocol::{issuer::Issuer, secret::ClientSecret},
    web,
};

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
    let settings = config.providers.iter().find(|settings| settings.id == dev.provider);
    let expected = settings.and_then(|settings| settings.algorithms.first().copied());
    let key = SigningKey::generate(expected.unwrap_or(Algorithm::Es256));
    let (key, _) = key.map_err(|error| broken(&error))?;
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
