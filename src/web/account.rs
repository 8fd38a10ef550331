//! `/account`: a person's own page, in plain forms.

mod tokens;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};

use crate::{
    ambient::Timestamp,
    engine::record::{HeldIdentity, Session},
    flow::account::{App, Change, Changed, Overview, name_of_identity, name_of_session},
    protocol::{
        form::Params,
        id::{ClientId, ProviderId, ServerId},
        scope::Scopes,
    },
    web::{
        Site,
        form::OwnForm,
        headers::{FormTarget, Opener},
        pages::{AccountPage, AppLine, AppServer, BrowserLine, IdentityLine, ScopeLine},
        problem::Complaint,
        request::RequestId,
    },
};

/// `GET /account`
pub(super) async fn show(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    let session = site.shown.cookies.session(&headers);
    match site.accounts.overview(session.as_ref()).await {
        Ok(found) => site.account_page(found.as_ref()),
        Err(error) => site.complaint(id, Complaint::of_store(&error)),
    }
}

/// `POST /account`: one change, or the way to a provider; from our own page only.
pub(super) async fn change(
    State(site): State<Arc<Site>>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    OwnForm(params): OwnForm,
) -> Response {
    let session = site.shown.cookies.session(&headers);
    let form = params.one("form").unwrap_or_default();
    let provider = |name| params.one(name).map(ProviderId::new);
    let departure = match (provider("sign_in"), provider("add")) {
        (Some(provider), _) => Some(site.accounts.sign_in(&provider).await),
        (None, Some(provider)) => Some(site.accounts.add(session.as_ref(), form, &provider).await),
        (None, None) => None,
    };
    if let Some(departure) = departure {
        return match departure {
            Ok(departure) => site.departed(&departure),
            Err(fault) => site.complaint(id, Complaint::of_account(&fault)),
        };
    }
    if let Some(wish) = tokens::wish(&site.shown.servers, &params) {
        return match site.accounts.make(session.as_ref(), form, &wish).await {
            Ok((token, record)) => site.made_token(&token, &record),
            Err(fault) => site.complaint(id, Complaint::of_account(&fault)),
        };
    }
    let Some(wanted) = wanted(&params) else { return site.redirect("/account") };
    match site.accounts.change(session.as_ref(), form, wanted).await {
        Ok(changed) => site.changed(changed),
        Err(fault) => site.complaint(id, Complaint::of_account(&fault)),
    }
}

fn wanted(params: &Params) -> Option<Change> {
    let text = |name| params.one(name).map(str::to_owned);
    let disconnect = text("disconnect").map(|id| Change::Disconnect(ClientId::new(id)));
    let revoke = || text("revoke").map(Change::Revoke);
    let remove = || text("remove").map(Change::Remove);
    let end = || text("end").map(Change::End);
    let leave = || text("sign_out").map(|_| Change::SignOut);
    disconnect.or_else(revoke).or_else(remove).or_else(end).or_else(leave)
}

impl Site {
    fn changed(&self, changed: Changed) -> Response {
        match changed {
            Changed::Done | Changed::Nothing => self.redirect("/account"),
            Changed::SignedOut => {
                let mut response = self.redirect("/sign-out");
                let line = self.shown.cookies.clear_session();
                response.headers_mut().extend(line.map(|line| (header::SET_COOKIE, line)));
                response
            }
        }
    }

    fn account_page(&self, found: Option<&Overview>) -> Response {
        let targets = self.shown.form_targets.iter().map(String::as_str).chain(["https:"]);
        let mut forms: Vec<FormTarget> = targets.filter_map(FormTarget::of).collect();
        forms.push(FormTarget::Own);
        let page = AccountPage {
            providers: self.shown.buttons.clone(),
            name: found.map(person),
            form: found.map(|found| found.form.clone()).unwrap_or_default(),
            identities: found.map(|found| self.identities(found)).unwrap_or_default(),
            apps: found.iter().flat_map(|found| &found.apps).map(|app| self.app(app)).collect(),
            tokens: found.map(|found| self.token_lines(found)).unwrap_or_default(),
            offers: found.map(|found| self.token_offers(found)).unwrap_or_default(),
            browsers: found.map(browsers).unwrap_or_default(),
        };
        self.page(StatusCode::OK, &forms, Opener::Severed, self.shown.pages.account(&page))
    }

    fn identities(&self, found: &Overview) -> Vec<IdentityLine> {
        let several = found.identities.len() > 1;
        let line = |held: &HeldIdentity| IdentityLine {
            name: name_of_identity(&held.key),
            provider: self.label(held.key.provider.as_str()),
            subject: held.key.subject.clone(),
            since: day(held.created_at),
            last: day(held.seen_at),
            removable: several,
            here: held.key == found.live.session.identity,
        };
        found.identities.iter().map(line).collect()
    }

    fn label(&self, provider: &str) -> String {
        let button = self.shown.buttons.iter().find(|button| button.id == provider);
        button.map_or_else(|| provider.to_owned(), |button| button.label.clone())
    }

    fn app(&self, app: &App) -> AppLine {
        let last = app.grants.iter().map(|grant| grant.rotated_at).max();
        let client = app.client.as_ref();
        AppLine {
            id: app.id.to_string(),
            name: client.map_or_else(|| app.id.to_string(), |client| client.name.clone()),
            host: client.and_then(crate::engine::record::Client::document_host),
            last: last.map(day),
            servers: self.app_servers(app),
        }
    }

    /// One entry per server, with everything that was granted or agreed to there.
    fn app_servers(&self, app: &App) -> Vec<AppServer> {
        let granted = app.grants.iter().map(|grant| {
            let what = &grant.authorization;
            (&what.server, &what.scopes)
        });
        // What lives says what the app may do; a memory counts where nothing lives.
        let agreed = app.consents.iter().map(|consent| (&consent.server, &consent.scopes));
        let mut servers: BTreeMap<&ServerId, Scopes> = BTreeMap::new();
        for (server, scopes) in granted {
            let all = servers.entry(server).or_default();
            *all = all.union(scopes);
        }
        for (server, scopes) in agreed {
            servers.entry(server).or_insert_with(|| scopes.clone());
        }
        servers.into_iter().map(|(server, scopes)| self.app_server(server, &scopes)).collect()
    }

    fn app_server(&self, id: &ServerId, scopes: &Scopes) -> AppServer {
        AppServer { name: self.server_name(id), scopes: self.scope_lines(id, scopes) }
    }

    fn server_name(&self, id: &ServerId) -> String {
        let server = self.shown.servers.iter().find(|server| server.id == *id);
        server.map_or_else(|| id.to_string(), |server| server.name.clone())
    }

    fn scope_lines(&self, id: &ServerId, scopes: &Scopes) -> Vec<ScopeLine> {
        let servers = self.shown.servers.iter().filter(|server| server.id == *id);
        let says = servers.flat_map(|server| &server.scopes);
        says.filter(|line| scopes.iter().any(|scope| scope.as_str() == line.name))
            .cloned()
            .collect()
    }
}

fn person(found: &Overview) -> String {
    let user = &found.live.user;
    let shown = user.name.as_ref().or(user.email.as_ref());
    shown.map_or_else(|| user.id.to_string(), Clone::clone)
}

fn browsers(found: &Overview) -> Vec<BrowserLine> {
    let here = found.live.session.digest;
    let line = |session: &Session| BrowserLine {
        name: name_of_session(session),
        label: session.label.clone(),
        since: day(session.created_at),
        last: day(session.seen_at),
        here: session.digest == here,
    };
    found.sessions.iter().map(line).collect()
}

/// A day, as everywhere in the world it is at most one off.
fn day(at: Timestamp) -> String {
    let date = jiff::Timestamp::from_second(at.unix());
    date.map(|date| date.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}
