//! Who a verified token speaks of. An [`Identity`] is made here, by adapters, and nowhere else.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{issuers::canonical, rules::Facts, settings::ProviderSettings};
use crate::{ambient::Timestamp, engine::record::IdentityKey};

/// A person as one provider vouches for them. Made of a verified token, or of the claims of one:
///
/// ```compile_fail,E0624
/// use countersign::provider::{identity::Identity, settings::ProviderSettings};
/// fn unvouched(settings: &ProviderSettings) -> Identity {
///     Identity::new(settings, todo!()).unwrap()
/// }
/// ```
#[derive(Clone)]
pub struct Identity {
    key: IdentityKey,
    profile: Profile,
    auth_time: Timestamp,
    claims: Map<String, Value>,
}

/// The particulars that claims give.
#[derive(Clone)]
pub(super) struct Profile {
    pub(super) subject: String,
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) email_is_verified: bool,
}

/// What an adapter took from a verified token.
pub(super) struct Vouched<'a> {
    pub(super) issuer: &'a str,
    pub(super) subject: &'a str,
    pub(super) auth_time: Timestamp,
    pub(super) claims: Map<String, Value>,
}

/// Why a verified token names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityRefusal {
    /// The token's issuer is not one of this provider's.
    #[error("the issuer is not one of this provider's")]
    Issuer,
    /// The subject is missing, too long, or has characters that do not show.
    #[error("the subject claim is missing or malformed")]
    Subject,
}

impl Identity {
    /// The one constructor.
    pub(super) fn new(
        settings: &ProviderSettings,
        vouched: Vouched<'_>,
    ) -> Result<Self, IdentityRefusal> {
        let issuer = canonical(&settings.issuers, vouched.issuer).ok_or(IdentityRefusal::Issuer)?;
        let profile = Profile::read(settings, vouched.subject, &vouched.claims)?;
        let key = IdentityKey {
            provider: settings.id.clone(),
            issuer: issuer.to_owned(),
            subject: profile.subject.clone(),
        };
        Ok(Self { key, profile, auth_time: vouched.auth_time, claims: vouched.claims })
    }

    /// An identity of before, from the claims that were verified then and kept since. It is one only while
    /// the file still stands for its issuer and still finds the same subject in it.
    ///
    /// # Errors
    /// [`IdentityRefusal`].
    pub fn held(
        settings: &ProviderSettings,
        key: &IdentityKey,
        claims: Map<String, Value>,
        auth_time: Timestamp,
    ) -> Result<Self, IdentityRefusal> {
        let vouched = Vouched { issuer: &key.issuer, subject: &key.subject, auth_time, claims };
        let identity = Self::new(settings, vouched)?;
        if identity.key == *key { Ok(identity) } else { Err(IdentityRefusal::Subject) }
    }

    /// The only key by which the person is found: provider, issuer and subject, never an address.
    #[must_use]
    pub const fn key(&self) -> &IdentityKey {
        &self.key
    }

    /// The display name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.profile.name.as_deref()
    }

    /// The address, when the provider says that it is verified and is believed about its domain.
    #[must_use]
    pub fn verified_email(&self) -> Option<&str> {
        self.profile.verified_email()
    }

    /// The address as claimed, verified or not: to show to its own claimant, for nothing else.
    #[must_use]
    pub fn email_claim(&self) -> Option<&str> {
        self.profile.email.as_deref()
    }

    /// When the person signed in at the provider, or the token was issued.
    #[must_use]
    pub const fn auth_time(&self) -> Timestamp {
        self.auth_time
    }

    /// Every claim of the token.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts { claims: &self.claims, verified_email: self.verified_email() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("provider", &self.key.provider).finish_non_exhaustive()
    }
}

impl Profile {
    /// Reads name, e-mail and subject by the file's mapping.
    pub(super) fn read(
        settings: &ProviderSettings,
        subject: &str,
        claims: &Map<String, Value>,
    ) -> Result<Self, IdentityRefusal> {
        let from = &settings.profile;
        let standard = |name: &str| claims.get(name).and_then(Value::as_str);
        let subject = match &from.subject {
            Some(claim) => claim.text(claims),
            None => Some(subject),
        };
        let subject = subject.filter(|text| is_subject(text)).ok_or(IdentityRefusal::Subject)?;
        let name = from.name.as_ref().map_or_else(|| standard("name"), |claim| claim.text(claims));
        let email =
            from.email.as_ref().map_or_else(|| standard("email"), |claim| claim.text(claims));
        let email = email.filter(|text| is_address(text));
        Ok(Self {
            subject: subject.to_owned(),
            name: name.and_then(shown),
            email: email.map(str::to_owned),
            email_is_verified: email.is_some_and(|email| believed(settings, email, claims)),
        })
    }

    pub(super) fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_is_verified)
    }
}

/// `email_verified` speaks of the standard `email` claim, must be JSON `true`, and counts only for
/// domains that the provider is the authority for.
fn believed(settings: &ProviderSettings, email: &str, claims: &Map<String, Value>) -> bool {
    let said = claims.get("email_verified") == Some(&Value::Bool(true));
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    let trusted = settings
        .trusted_email_domains
        .as_ref()
        .is_none_or(|domains| domains.iter().any(|one| one.eq_ignore_ascii_case(domain)));
    said && trusted && settings.profile.email.is_none()
}

/// OIDC Core §2: at most 255 ASCII characters; longer or invisible ones would confuse whoever reads.
fn is_subject(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && !text.chars().any(is_invisible)
}

fn is_address(text: &str) -> bool {
    let fine = |c: char| !c.is_whitespace() && !is_invisible(c);
    let halves = text.split_once('@');
    let whole = halves.is_some_and(|(name, domain)| {
        !name.is_empty() && !domain.is_empty() && !domain.contains('@')
    });
    whole && text.len() <= 254 && text.chars().all(fine)
}

/// A name fit to show: no control characters, no text-direction tricks, not longer than a line.
fn shown(name: &str) -> Option<String> {
    let visible: String = name.chars().filter(|c| !is_invisible(*c)).take(100).collect();
    let trimmed = visible.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Control characters, and the format characters that hide or reorder text.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}
