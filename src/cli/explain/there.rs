//! What the person could do at one server.

use serde::Serialize;

use crate::{
    engine::policy::{Access, Asker, Rule, ServerSettings, Unlisted, Upstream, Verdict},
    protocol::{
        id::{ClientId, ServerId, UserId},
        resource::Resource,
        scope::Scopes,
    },
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

/// One tool, or several whose names begin alike.
#[derive(Serialize)]
pub(super) struct ToolThere {
    pub(super) name: String,
    pub(super) needs: Scopes,
    pub(super) allowed: bool,
    /// It is not, unless the rule's `who` names the person's id, or the client they will use: claims
    /// say neither.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unless_named: bool,
}

impl AtServer {
    /// As the callback and the guard would decide.
    pub(super) fn of(
        server: &ServerSettings,
        person: &Explanation,
        asked: Option<&Scopes>,
        client: Option<&str>,
    ) -> Self {
        let all = server.scopes();
        let asked = asked.map_or_else(|| all.clone(), |asked| asked.intersection(&all));
        let granted = asked.intersection(&server.expand(&person.scopes));
        let token = person.admitted && (asked.is_empty() || !granted.is_empty());
        let (nobody, some_client) = (UserId::new(""), ClientId::new(client.unwrap_or_default()));
        let caller = Asker {
            scopes: &granted,
            user: &nobody,
            email: person.email.as_deref(),
            client: &some_client,
        };
        let tool = |rule: &Rule| {
            let allowed = token && server.policy.by_rule(rule, Some(&caller)) == Verdict::Allowed;
            let suffices = token && server.expand(&granted).covers(&rule.needs());
            let unless_named = suffices && could_be_named(rule, &caller);
            ToolThere { name: rule.name.clone(), needs: rule.needs(), allowed, unless_named }
        };
        let tools: Vec<_> = server.policy.tools().map(tool).collect();
        let others = tools.iter().find(|tool| tool.name == "*").map_or_else(
            || token && server.policy.unlisted() == Unlisted::Allow,
            |every| every.allowed,
        );
        Self {
            server: server.id.clone(),
            name: server.name.clone(),
            url: server.resource.clone(),
            tools,
            other_tools: (server.upstream != Upstream::Elsewhere).then_some(others),
            asked,
            granted,
            token,
        }
    }
}

/// Whether `who` alone stands in the way, and by something that is not known here.
fn could_be_named(rule: &Rule, asker: &Asker<'_>) -> bool {
    let Access::Those { who: Some(who), .. } = &rule.access else { return false };
    let unknown_client = asker.client.as_str().is_empty() && !who.clients.is_empty();
    !who.admits(asker) && (unknown_client || !who.users.is_empty())
}
