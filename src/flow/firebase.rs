//! Firebase at work: an ID token from our page or from Identity Toolkit becomes an identity, and an
//! account is asked for whether it still stands.

use std::{borrow::Cow, fmt::Write as _};

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::{
    ambient::Timestamp,
    flow::providers::{CodeAnswer, Provider, ProviderFault},
    jose::id_token::{VerifiedIdToken, accept_unsigned_id_token},
    protocol::secret::UpstreamState,
    provider::{
        Binding,
        file::Fails,
        identity::Identity,
        settings::firebase::{FirebaseSettings, ServiceAccount},
    },
    upstream::toolkit::{Account, Assertion, GoogleSignIn, Toolkit, ToolkitFault},
};

impl Provider {
    /// The identity of a token that our page posted, for a sign-in that began then.
    ///
    /// # Errors
    /// Any [`ProviderFault`].
    pub async fn posted_identity(
        &self,
        raw: &str,
        began: Timestamp,
    ) -> Result<Identity, ProviderFault> {
        let Some(firebase) = self.adapter.settings().firebase.as_deref() else {
            return Err(ProviderFault::Identity(
                "this provider's tokens are not posted".to_owned(),
            ));
        };
        let token = self.firebase_token(firebase, raw, began).await?;
        self.stands_at_sign_in(firebase, &token).await?;
        self.identity_of(&token)
    }

    /// The identity of a posted token that was accepted before, when the person confirms it.
    ///
    /// # Errors
    /// Any [`ProviderFault`].
    pub async fn confirmed_identity(
        &self,
        raw: &str,
        began: Timestamp,
    ) -> Result<Identity, ProviderFault> {
        self.identity_of(&self.firebase_token(self.firebase()?, raw, began).await?)
    }

    fn firebase(&self) -> Result<&FirebaseSettings, ProviderFault> {
        let posted = || ProviderFault::Identity("this provider's tokens are not posted".to_owned());
        self.adapter.settings().firebase.as_deref().ok_or_else(posted)
    }

    /// Our page that runs the SDK for one sign-in.
    pub(super) fn page_url(&self, state: &UpstreamState) -> Result<Url, ProviderFault> {
        let ours = Url::parse(&self.callback);
        let page = ours.and_then(|ours| ours.join(&format!("/sign-in/{}", self.id())));
        let mut page = page.map_err(|fault| ProviderFault::Unavailable(fault.to_string()))?;
        page.query_pairs_mut().append_pair("state", state.reveal());
        Ok(page)
    }

    /// Google's verified sign-in for one of the project, and its identity.
    pub(super) async fn firebase_identity(
        &self,
        google: &VerifiedIdToken,
        answer: CodeAnswer<'_>,
    ) -> Result<Identity, ProviderFault> {
        let firebase = self.firebase()?;
        let sign_in = GoogleSignIn {
            id_token: google.raw(),
            nonce: answer.nonce,
            request_uri: &self.callback,
        };
        let raw = self.toolkit(firebase).sign_in(sign_in).await.map_err(toolkit_fault)?;
        self.posted_identity(&raw, answer.began).await
    }

    /// Whether the account that vouched at `signed_in` still stands, asked in the project's own name: for
    /// a refresh. Without a service account there is nothing to ask with, and it counts as standing.
    ///
    /// # Errors
    /// [`ProviderFault::Revoked`], or [`ProviderFault::Unavailable`] when Google cannot be asked and the
    /// file says to fail closed.
    pub async fn still_stands(
        &self,
        subject: &str,
        signed_in: Timestamp,
    ) -> Result<(), ProviderFault> {
        let Some(firebase) = self.adapter.settings().firebase.as_deref() else { return Ok(()) };
        let (Some(fails), Some(account)) = (firebase.revocation, &firebase.service_account) else {
            return Ok(());
        };
        let uid = firebase.uid(subject);
        let found = self.account(firebase, account, uid).await;
        self.judge(found, fails, uid, signed_in)
    }

    /// The nonce in the authorization request: Identity Toolkit wants a text whose SHA-256 it is, in hex.
    pub(super) fn nonce_sent<'a>(&self, nonce: &'a str) -> Cow<'a, str> {
        if self.adapter.settings().firebase.is_none() {
            return Cow::Borrowed(nonce);
        }
        let hex = Sha256::digest(nonce).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Cow::Owned(hex)
    }

    /// Every key set this provider is verified by.
    pub(super) async fn key_uris(&self) -> Vec<Url> {
        let settings = self.adapter.settings();
        let own = settings.firebase.as_ref().and_then(|firebase| {
            settings.endpoints.jwks.clone().filter(|_| firebase.emulator.is_none())
        });
        let leg = match self.adapter.code_leg() {
            Some(_) => self.endpoints().await.ok().map(|endpoints| endpoints.jwks),
            None => None,
        };
        own.into_iter().chain(leg).collect()
    }

    async fn firebase_token(
        &self,
        firebase: &FirebaseSettings,
        raw: &str,
        began: Timestamp,
    ) -> Result<VerifiedIdToken, ProviderFault> {
        let expect = self.adapter.expectations(Binding { nonce: "", access_token: None, began });
        if firebase.emulator.is_some() {
            let nobody =
                || ProviderFault::Identity("the emulator is for loopback alone".to_owned());
            let leave = self.unsigned.ok_or_else(nobody)?;
            return Ok(accept_unsigned_id_token(raw, &expect, self.clock.now(), leave)?);
        }
        let keys = self.adapter.settings().endpoints.jwks.as_ref();
        let nowhere = || ProviderFault::Unavailable("its keys have no address".to_owned());
        self.verified(raw, &expect, keys.ok_or_else(nowhere)?).await
    }

    async fn stands_at_sign_in(
        &self,
        firebase: &FirebaseSettings,
        token: &VerifiedIdToken,
    ) -> Result<(), ProviderFault> {
        let Some(fails) = firebase.revocation else { return Ok(()) };
        let found = match &firebase.service_account {
            Some(account) => self.account(firebase, account, token.subject()).await,
            None => self.toolkit(firebase).account_of(token.raw()).await,
        };
        let signed_in = token.auth_time().unwrap_or(token.issued_at());
        self.judge(found, fails, token.subject(), signed_in)
    }

    async fn account(
        &self,
        firebase: &FirebaseSettings,
        account: &ServiceAccount,
        uid: &str,
    ) -> Result<Account, ToolkitFault> {
        let ServiceAccount { email, key, token_endpoint } = account;
        let ask = Assertion { email, key, token_endpoint };
        let now = self.clock.now();
        let access_token = self.access_tokens.token(&self.fetcher, ask, now).await?;
        let found = self.toolkit(firebase).account(&firebase.project, uid, &access_token).await;
        if matches!(&found, Err(ToolkitFault::Refused { code }) if !GONE.contains(&code.as_str())) {
            self.access_tokens.forget().await;
        }
        found
    }

    fn judge(
        &self,
        found: Result<Account, ToolkitFault>,
        fails: Fails,
        uid: &str,
        signed_in: Timestamp,
    ) -> Result<(), ProviderFault> {
        let revoked = |why: &str| Err(ProviderFault::Revoked(why.to_owned()));
        match found {
            Ok(account) if account.uid != uid => revoked("another account was found"),
            Ok(account) if account.disabled => revoked("disabled"),
            Ok(account) if account.valid_since > signed_in => revoked("signed out everywhere"),
            Ok(_) => Ok(()),
            Err(ToolkitFault::Refused { code }) if GONE.contains(&code.as_str()) => revoked(&code),
            Err(fault) if fails == Fails::Open => {
                tracing::warn!(provider = %self.id(), %fault, "revocation check passed over");
                Ok(())
            }
            Err(fault) => Err(ProviderFault::Unavailable(fault.to_string())),
        }
    }

    fn toolkit<'a>(&'a self, firebase: &'a FirebaseSettings) -> Toolkit<'a> {
        Toolkit {
            fetcher: &self.fetcher,
            base: &firebase.toolkit,
            api_key: &firebase.api_key,
            tenant: firebase.tenant(),
        }
    }
}

fn toolkit_fault(fault: ToolkitFault) -> ProviderFault {
    match fault {
        ToolkitFault::Refused { code } if GONE.contains(&code.as_str()) => {
            ProviderFault::Revoked(code)
        }
        ToolkitFault::Unavailable(_) => ProviderFault::Unavailable(fault.to_string()),
        _ => ProviderFault::RefusedCode(fault.to_string()),
    }
}

/// What Identity Toolkit says of an account that may not sign in, whatever else is wrong.
const GONE: [&str; 5] = [
    "USER_DISABLED",
    "USER_NOT_FOUND",
    "TOKEN_EXPIRED",
    "INVALID_ID_TOKEN",
    "CREDENTIAL_TOO_OLD_LOGIN_AGAIN",
];
