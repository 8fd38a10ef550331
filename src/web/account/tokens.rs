//! Personal tokens on a person's own page.

use std::time::Duration;

use axum::{http::StatusCode, response::Response};

use super::day;
use crate::{
    engine::record::PersonalToken,
    flow::{account::Overview, personal::Wish},
    protocol::{
        form::Params,
        id::ServerId,
        scope::{Scope, Scopes},
        secret::PersonalAccessToken,
    },
    web::{
        ShownServer, Site,
        headers::Opener,
        pages::{MadeTokenPage, TokenLine, TokenOffer},
    },
};

/// The token that a form asks for; none when it asks for something else. A scope is a field of its own,
/// because no field may be given twice.
pub(super) fn wish(servers: &[ShownServer], params: &Params) -> Option<Wish> {
    let id = params.one("create")?;
    let server = servers.iter().find(|server| server.id.as_str() == id);
    let lines = server.iter().flat_map(|server| &server.scopes);
    let chosen = lines.filter(|line| params.one(&format!("scope:{}", line.name)).is_some());
    let days = params.one("days").and_then(|days| days.parse::<u32>().ok()).unwrap_or(0);
    Some(Wish {
        server: ServerId::new(id),
        scopes: chosen.filter_map(|line| line.name.parse::<Scope>().ok()).collect::<Scopes>(),
        name: params.one("name").unwrap_or_default().to_owned(),
        life: Duration::from_hours(24).saturating_mul(days),
    })
}

impl Site {
    pub(super) fn token_lines(&self, found: &Overview) -> Vec<TokenLine> {
        let line = |token: &PersonalToken| {
            let what = &token.grant.authorization;
            TokenLine {
                id: token.grant.id.to_string(),
                name: token.name.clone(),
                server: self.server_name(&what.server),
                scopes: self.scope_lines(&what.server, &what.scopes),
                since: day(token.created_at),
                ends: day(token.grant.expires_at),
            }
        };
        found.tokens.iter().map(line).collect()
    }

    pub(super) fn token_offers(&self, found: &Overview) -> Vec<TokenOffer> {
        let offer = |(id, scopes): &(ServerId, Scopes)| TokenOffer {
            id: id.to_string(),
            name: self.server_name(id),
            scopes: self.scope_lines(id, scopes),
        };
        found.offers.iter().map(offer).collect()
    }

    /// The one page that shows a token.
    pub(super) fn made_token(
        &self,
        token: &PersonalAccessToken,
        record: &PersonalToken,
    ) -> Response {
        let what = &record.grant.authorization;
        let page = MadeTokenPage {
            token: token.reveal().to_owned(),
            name: record.name.clone(),
            server: self.server_name(&what.server),
            url: what.resource.to_string(),
            ends: day(record.grant.expires_at),
        };
        self.page(StatusCode::OK, &[], Opener::Severed, self.shown.pages.made_token(&page))
    }
}
