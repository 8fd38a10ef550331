//! What each page is told. Fields hold words as they came; [`super::Pages`] cleans those of
//! strangers before a template sees them.

use serde::Serialize;

use super::plain::{NAME_CHARS, TEXT_CHARS, plain};
use crate::engine::record::ClientKind;

/// The consent page: who asks, for what, where it returns to, and how to sign in.
#[derive(Clone, Debug, Serialize)]
pub struct AuthorizePage {
    /// The name the client gives itself; it may be anything.
    pub client_name: String,
    /// The verified host: that of the client's metadata document. `None` when the name is only a claim.
    pub client_host: Option<String>,
    /// How the client came to us.
    pub client_kind: ClientKind,
    /// The host the browser returns to, or `scheme:` of an app
    /// ([`display_host`](crate::protocol::redirect::RedirectUri::display_host)).
    pub redirect_host: String,
    /// Whether it returns to a program on this computer.
    pub loopback: bool,
    /// The protected server's name.
    pub server_name: String,
    /// The protected server's URL.
    pub server_url: String,
    /// What the client will be able to do.
    pub scopes: Vec<ScopeLine>,
    /// The ways to sign in.
    pub providers: Vec<ProviderButton>,
    /// The sealed request, returned as the field `form`.
    pub form: String,
    /// Who is signed in here, and may go on without a provider.
    pub known: Option<KnownPerson>,
    /// A provider that just failed, by its label.
    pub unreachable: Option<String>,
}

/// A person who is signed in here.
#[derive(Clone, Debug, Serialize)]
pub struct KnownPerson {
    /// Their name, or their address.
    pub name: String,
    /// Their verified address.
    pub email: Option<String>,
    /// The label of the provider by which they signed in.
    pub provider: String,
}

/// One thing a client will be able to do.
#[derive(Clone, Debug, Serialize)]
pub struct ScopeLine {
    /// The scope as programs write it.
    pub name: String,
    /// What it means in words.
    pub says: String,
}

/// One way to sign in.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderButton {
    /// The provider's id, posted as `provider`.
    pub id: String,
    /// What the button says.
    pub label: String,
    /// A remark under it, such as "not reachable right now".
    pub note: Option<String>,
}

/// A page that says what went wrong and what to do.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// The HTTP status.
    pub status: u16,
    /// What went wrong, in a few words.
    pub title: String,
    /// What that means.
    pub detail: String,
    /// What the person can do.
    pub remedy: Option<String>,
    /// The id that finds the cause in the log.
    pub request_id: String,
    /// Trying again; shown only for a web address.
    pub retry: Option<Link>,
    /// Leaving; shown only for a web address.
    pub back: Option<Link>,
}

/// A link with its words.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// A path of ours or an `http(s)` URL; anything else is not shown.
    pub href: String,
    /// What the link says.
    pub label: String,
}

/// The page after signing out, or after trying to.
#[derive(Clone, Debug, Serialize)]
pub struct SignedOutPage {
    /// The provider where the person is still signed in, because nobody could be sent there; none
    /// when a provider sent the person here.
    pub provider: Option<String>,
    /// Where to go from here.
    pub back: Option<Link>,
}

/// Where to sign out.
#[derive(Clone, Debug, Serialize)]
pub struct SignOutPage {
    /// The providers that end sessions.
    pub providers: Vec<ProviderButton>,
}

/// What `/` shows: public facts only.
#[derive(Clone, Debug, Serialize)]
pub struct HomePage {
    /// The protected servers.
    pub servers: Vec<ServerBox>,
    /// The authorization server's metadata (RFC 8414).
    pub metadata_url: String,
}

/// One protected server and how to connect to it.
#[derive(Clone, Debug, Serialize)]
pub struct ServerBox {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// Whether it asks for a sign-in.
    pub sign_in: bool,
    /// Lines to copy.
    pub connect: Vec<ConnectLine>,
}

/// How one client is connected.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectLine {
    /// The client, such as "Claude Code".
    pub client: String,
    /// The command to copy.
    pub command: String,
}

/// The development identity provider: whom to be.
#[derive(Clone, Debug, Serialize)]
pub struct DevSignInPage {
    /// Who asks for the sign-in.
    pub client_name: String,
    /// Where the form is posted.
    pub action: String,
    /// Hidden fields, by name and value.
    pub hidden: Vec<(String, String)>,
    /// The users of `providers/dev.toml`.
    pub users: Vec<DevUserButton>,
}

/// One user of the development identity provider.
#[derive(Clone, Debug, Serialize)]
pub struct DevUserButton {
    /// Posted as `user`.
    pub value: String,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// What this user is for; empty when there is nothing to say.
    pub note: String,
}

impl AuthorizePage {
    pub(super) fn cleaned(&self) -> Self {
        Self {
            client_name: name(&self.client_name),
            client_host: self.client_host.as_deref().map(host),
            redirect_host: host(&self.redirect_host),
            known: self.known.as_ref().map(KnownPerson::cleaned),
            unreachable: self.unreachable.as_deref().map(name),
            ..self.clone()
        }
    }
}

impl KnownPerson {
    fn cleaned(&self) -> Self {
        let email = self.email.as_deref().map(host);
        Self { name: name(&self.name), email, provider: name(&self.provider) }
    }
}

impl ErrorPage {
    pub(super) fn cleaned(&self) -> Self {
        Self {
            status: self.status,
            title: sentence(&self.title),
            detail: sentence(&self.detail),
            remedy: self.remedy.as_deref().map(sentence),
            request_id: name(&self.request_id),
            retry: self.retry.as_ref().and_then(Link::cleaned),
            back: self.back.as_ref().and_then(Link::cleaned),
        }
    }
}

impl SignedOutPage {
    pub(super) fn cleaned(&self) -> Self {
        Self {
            provider: self.provider.as_deref().map(name),
            back: self.back.as_ref().and_then(Link::cleaned),
        }
    }
}

impl DevSignInPage {
    pub(super) fn cleaned(&self) -> Self {
        Self { client_name: name(&self.client_name), ..self.clone() }
    }
}

impl Link {
    /// The link when following it can only load a page.
    fn cleaned(&self) -> Option<Self> {
        let href = self.href.as_str();
        let ours = href.starts_with('/') && !href.starts_with("//") && !href.contains('\\');
        let web = href.starts_with("https://") || href.starts_with("http://");
        (ours || web).then(|| Self { href: href.to_owned(), label: name(&self.label) })
    }
}

/// A name; never empty, so that no sentence has a hole.
pub(super) fn name(text: &str) -> String {
    let shown = plain(text, NAME_CHARS);
    if shown.is_empty() { "?".to_owned() } else { shown }
}

fn sentence(text: &str) -> String {
    plain(text, TEXT_CHARS)
}

/// A host is never cut: its end says whose it is.
pub(super) fn host(text: &str) -> String {
    plain(text, usize::MAX)
}
