//! People as text and as JSON.

use serde_json::{Value, json};

use crate::{
    cli::{
        client::when,
        output::{BAD, PLAIN, Table, facts, heading},
        token,
    },
    engine::record::{Grant, HeldIdentity, PersonalToken, Session, User},
};

/// Everything kept of one person, but for claims and digests.
pub(super) struct Dossier {
    pub(super) user: User,
    pub(super) identities: Vec<HeldIdentity>,
    pub(super) sessions: Vec<Session>,
    pub(super) grants: Vec<Grant>,
    pub(super) tokens: Vec<PersonalToken>,
}

/// A person for programs.
pub(super) fn json(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "disabled": user.disabled,
        "created_at": user.created_at.unix(),
        "seen_at": user.seen_at.unix(),
    })
}

/// Every person, one line each.
pub(super) fn table(users: &[User]) -> String {
    if users.is_empty() {
        return "Nobody has signed in yet.".to_owned();
    }
    let mut table = Table::new(["Id", "Name", "E-mail", "May enter", "Last sign-in"]);
    for user in users {
        let style = if user.disabled { BAD } else { PLAIN };
        table.row(
            style,
            [
                user.id.to_string(),
                user.name.clone().unwrap_or_default(),
                user.email.clone().unwrap_or_default(),
                may_enter(user).to_owned(),
                when(user.seen_at),
            ],
        );
    }
    table.render()
}

impl Dossier {
    pub(super) fn text(&self) -> String {
        let user = &self.user;
        let mut lines = vec![("Id", user.id.to_string())];
        lines.extend(user.email.iter().map(|email| ("E-mail", email.clone())));
        lines.push(("May enter", may_enter(user).to_owned()));
        lines.push(("Since", when(user.created_at)));
        lines.push(("Last sign-in", when(user.seen_at)));
        lines.extend(self.identities.iter().map(|known| {
            let key = &known.key;
            ("Signs in by", format!("{}: {} of {}", key.provider, key.subject, key.issuer))
        }));
        lines.extend(self.sessions.iter().map(|session| {
            let label = if session.label.is_empty() { "a browser" } else { &session.label };
            ("Browser", format!("{label}, last used {}", when(session.seen_at)))
        }));
        lines.extend(self.grants.iter().map(|grant| {
            let what = &grant.authorization;
            let last = when(grant.rotated_at);
            let line =
                format!("{} at {}: {}, last used {last}", what.client, what.server, what.scopes);
            ("App", line)
        }));
        lines.extend(self.tokens.iter().map(|token| {
            let (what, end) = (&token.grant.authorization, when(token.grant.expires_at));
            ("Token", format!("{} at {}: {}, until {end}", token.name, what.server, what.scopes))
        }));
        let name = user.name.as_deref().unwrap_or("A person without a name");
        format!("{}\n\n{}", heading(name), facts(&lines))
    }

    pub(super) fn json(&self) -> Value {
        let mut told = json(&self.user);
        if let Value::Object(members) = &mut told {
            let identities = self.identities.iter().map(identity).collect();
            members.insert("identities".to_owned(), identities);
            members.insert("browsers".to_owned(), self.sessions.iter().map(session).collect());
            members.insert("grants".to_owned(), self.grants.iter().map(grant).collect());
            members.insert("tokens".to_owned(), self.tokens.iter().map(token::json).collect());
        }
        told
    }
}

fn identity(known: &HeldIdentity) -> Value {
    json!({
        "provider": known.key.provider,
        "issuer": known.key.issuer,
        "subject": known.key.subject,
        "created_at": known.created_at.unix(),
        "seen_at": known.seen_at.unix(),
    })
}

fn session(session: &Session) -> Value {
    json!({
        "label": session.label,
        "provider": session.identity.provider,
        "created_at": session.created_at.unix(),
        "seen_at": session.seen_at.unix(),
        "expires_at": session.expires_at.unix(),
    })
}

fn grant(grant: &Grant) -> Value {
    let what = &grant.authorization;
    json!({
        "id": grant.id,
        "client_id": what.client,
        "server": what.server,
        "scopes": what.scopes.to_string(),
        "provider": what.identity.provider,
        "used_at": grant.rotated_at.unix(),
        "expires_at": grant.idle_at.min(grant.expires_at).unix(),
    })
}

fn may_enter(user: &User) -> &'static str {
    if user.disabled { "no, disabled" } else { "yes" }
}
