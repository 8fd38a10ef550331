//! What the person could do at one server.

use serde::Serialize;

use crate::{
    engine::policy::{ServerSettings, Unlisted, Upstream, Verdict},
    protocol::{id::ServerId, resource::Resource, scope::Scopes},
    provider::policy::Explanation,
};

/// The outcome at one server.
#[derive(Serialize)]
pub(super) struct AtServer {
    pub(super) server: ServerId,
    pub(super) name: String,
    pub(super) url: Resource,
    /// What the client asks for, of what the server has.
    pub(super) asked: Scopes,
    /// What the token would carry: asked ∩ server's ∩ person's, with what these imply.
    pub(super) granted: Scopes,
    /// Whether a token would be issued at all.
    pub(super) token: bool,
    pub(super) tools: Vec<ToolThere>,
    /// Whether tools that no rule names may be called; none: the server stands elsewhere and decides.
    pub(super) other_tools: Option<bool>,
}

/// One tool.
#[derive(Serialize)]
pub(super) struct ToolThere {
    pub(super) name: String,
    pub(super) needs: Scopes,
    pub(super) allowed: bool,
}

impl AtServer {
    /// As the callback and the guard would decide.
    pub(super) fn of(
        server: &ServerSettings,
        person: &Explanation,
        asked: Option<&Scopes>,
    ) -> Self {
        let all = server.scopes();
        let asked = asked.map_or_else(|| all.clone(), |asked| asked.intersection(&all));
        let granted = asked.intersection(&server.expand(&person.scopes));
        let token = person.admitted && (asked.is_empty() || !granted.is_empty());
        let tool = |(name, needs): (&str, &Scopes)| ToolThere {
            name: name.to_owned(),
            needs: needs.clone(),
            allowed: token && server.verdict(name, &granted) == Verdict::Allowed,
        };
        Self {
            server: server.id.clone(),
            name: server.name.clone(),
            url: server.resource.clone(),
            tools: server.policy.tools().map(tool).collect(),
            other_tools: (server.upstream != Upstream::Elsewhere)
                .then(|| token && server.policy.unlisted() == Unlisted::Allow),
            asked,
            granted,
            token,
        }
    }
}
