//! `/authorize`: the page with a button per user, and what pressing one does.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{Response, StatusCode},
};

use crate::{
    ambient::random,
    devidp::{
        DevPage, Provider,
        codes::Issued,
        request::{Ask, Fault},
        respond,
    },
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode},
        form::Params,
        secret::AuthorizationCode,
    },
    provider::file::DevUser,
};

/// `GET /authorize`: shows the users. Nothing is written; it may be fetched any number of times.
pub(super) async fn shown(
    State(provider): State<Arc<Provider>>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    answered(&provider, &query.unwrap_or_default())
}

/// `POST /authorize`: with `user`, the button pressed; without, the same as GET (OpenID Connect Core
/// §3.1.2.1 asks for both methods).
pub(super) async fn posted(State(provider): State<Arc<Provider>>, body: String) -> Response<Body> {
    answered(&provider, &body)
}

fn answered(provider: &Provider, text: &str) -> Response<Body> {
    let params = match Params::parse(text) {
        Ok(params) => params,
        Err(fault) => return respond::fault(&fault.to_string()),
    };
    match Ask::read(&params, &provider.idp.client) {
        Ok(ask) => provider.proceed(ask, &params),
        Err(Fault::Person(why)) => respond::fault(why),
        Err(Fault::Client(answer)) => respond::see_other(&answer.location(&provider.idp.issuer)),
    }
}

impl Provider {
    fn proceed(&self, ask: Ask, params: &Params) -> Response<Body> {
        let Some(pressed) = params.one("user") else {
            return respond::page(StatusCode::OK, (self.idp.page)(&self.page(params)));
        };
        let user = self.idp.users.iter().find(|user| user.sub == pressed);
        let outcome = user.map(|user| self.issue(user, &ask)).ok_or_else(|| {
            AuthorizationError::new(AuthorizationErrorCode::AccessDenied, "There is no such user.")
        });
        respond::see_other(&ask.answer(outcome).location(&self.idp.issuer))
    }

    fn issue(&self, user: &DevUser, ask: &Ask) -> AuthorizationCode {
        let code = AuthorizationCode::from_entropy(random(&*self.idp.entropy));
        let now = self.idp.clock.now();
        let issued = Issued {
            user: user.clone(),
            redirect_uri: ask.redirect_uri.as_str().to_owned(),
            nonce: ask.nonce.clone(),
            challenge: ask.challenge.clone(),
            at: now,
        };
        self.codes.put(code.digest(), issued, now);
        code
    }

    fn page(&self, params: &Params) -> DevPage {
        let kept = |name: &&str| Some(((*name).to_owned(), params.one(name)?.to_owned()));
        let hint = params.one("login_hint");
        let hinted = |user: &DevUser| {
            hint.is_some_and(|hint| [&user.sub, &user.email, &user.name].iter().any(|k| *k == hint))
        };
        let mut users = self.idp.users.clone();
        users.sort_by_key(|user| !hinted(user));
        DevPage {
            client: self.idp.client.id.clone(),
            action: "/authorize".to_owned(),
            hidden: KEPT.iter().filter_map(kept).collect(),
            users,
        }
    }
}

const KEPT: [&str; 8] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];
