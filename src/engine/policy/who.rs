//! Who may use a tool, whatever scopes they have.

use std::collections::BTreeSet;

use crate::protocol::id::{ClientId, UserId};

use super::Asker;

/// The callers a rule is for: whoever stands in any of the lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// People, by our internal ids.
    pub users: BTreeSet<UserId>,
    /// Verified e-mail addresses, in any ASCII case.
    pub emails: BTreeSet<String>,
    /// What stands after the last `@` of a verified e-mail address, whole, in any ASCII case.
    pub email_domains: BTreeSet<String>,
    /// Clients.
    pub clients: BTreeSet<ClientId>,
}

impl Who {
    /// Whether this is `asker`.
    #[must_use]
    pub fn admits(&self, asker: &Asker<'_>) -> bool {
        self.users.contains(asker.user)
            || self.clients.contains(asker.client)
            || asker.email.is_some_and(|email| self.admits_email(email))
    }

    fn admits_email(&self, email: &str) -> bool {
        let listed = |list: &BTreeSet<String>, it: &str| {
            list.iter().any(|listed| listed.eq_ignore_ascii_case(it))
        };
        let domain = email.rsplit_once('@').map(|(_, domain)| domain);
        listed(&self.emails, email)
            || domain.is_some_and(|domain| listed(&self.email_domains, domain))
    }

    /// Why the lists cannot be meant so, if they cannot.
    pub(super) fn fault(&self) -> Option<(String, &'static str)> {
        let named = |list: &BTreeSet<String>, fine: fn(&str) -> bool| {
            list.iter().find(|text| !fine(text)).cloned()
        };
        let ids = self.users.iter().map(UserId::as_str);
        let mut ids = ids.chain(self.clients.iter().map(ClientId::as_str));
        if *self == Self::default() {
            let remedy = "name users, emails, email_domains or clients; or write deny = true";
            return Some(("is for nobody: `who` names no one".to_owned(), remedy));
        }
        if ids.any(|id| id.trim().is_empty()) {
            return Some(("has an empty id in `who`".to_owned(), "write ids, or remove it"));
        }
        if let Some(text) = named(&self.emails, is_address) {
            let what = format!("has {text:?} among the e-mail addresses of `who`");
            return Some((what, "write whole addresses, such as ann@example.com"));
        }
        let text = named(&self.email_domains, is_domain)?;
        let what = format!("has {text:?} among the e-mail domains of `who`");
        Some((what, "write what follows the @, such as example.com"))
    }
}

fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(local, domain)| !local.trim().is_empty() && is_domain(domain))
}

fn is_domain(text: &str) -> bool {
    let odd = |c: char| c == '@' || c == '*' || c.is_whitespace() || c.is_control();
    !text.is_empty() && !text.starts_with('.') && !text.contains(odd)
}
