//! From a request's head to a token, and from a token to a caller.

use http::{HeaderMap, Uri, header};

use crate::{
    guard::{Guard, Protected, caller::Caller, keys::KeysAt, refusal::GuardRefusal},
    jose::{
        access_token::{parse_access_token, verify_parsed},
        fingerprint::Fingerprint,
        refusal::Refusal,
    },
    protocol::{access::AccessClaims, bearer::bearer_token},
};

/// The one bearer token of a request: from the `Authorization` header and from nowhere else
/// (RFC 6750 §2, OAuth 2.1 §5.1.1).
///
/// # Errors
/// A [`GuardRefusal`] when there is none, more than one, or one in the query.
pub fn sole_token<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str, GuardRefusal> {
    if names_a_token(uri) {
        return Err(GuardRefusal::Misplaced("An access token in the query is not accepted."));
    }
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Err(GuardRefusal::Missing) };
    if sent.next().is_some() {
        return Err(GuardRefusal::Misplaced("Send one Authorization header, not several."));
    }
    let is_bearer = value.as_bytes().get(..6).is_some_and(|s| s.eq_ignore_ascii_case(b"bearer"));
    if !is_bearer {
        return Err(GuardRefusal::Missing);
    }
    let token = str::from_utf8(value.as_bytes()).ok().and_then(bearer_token);
    token.ok_or(GuardRefusal::Invalid(Refusal::Malformed("not a bearer token")))
}

fn names_a_token(uri: &Uri) -> bool {
    let query = uri.query().unwrap_or_default();
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token")
}

impl Guard {
    /// The caller behind a token: kept if it was verified lately, verified otherwise. Expiry and
    /// revocation are judged on every call (RFC 9068 §4, RFC 8707 §2).
    pub(super) async fn judge(&self, token: &str) -> Result<Caller, GuardRefusal> {
        let print = self.verified.print(token);
        let caller = match self.found(print) {
            Some(caller) => caller,
            None => self.first_seen(token, print).await?,
        };
        let standing = self.stands(&caller);
        if standing.is_err() {
            self.verified.forget(print);
        }
        standing.map(|()| caller)
    }

    /// The caller of a request whose token was verified lately, if it still holds.
    pub(super) fn kept(&self, headers: &HeaderMap, uri: &Uri) -> Option<Caller> {
        let print = self.verified.print(sole_token(headers, uri).ok()?);
        self.found(print).filter(|caller| self.stands(caller).is_ok())
    }

    fn found(&self, print: Fingerprint) -> Option<Caller> {
        self.verified.find(print, self.keys.generation(), self.clock.now())
    }

    /// Two ways to a caller: what the token refers to, or what it says and a key of ours has signed.
    async fn first_seen(&self, token: &str, print: Fingerprint) -> Result<Caller, GuardRefusal> {
        let now = self.clock.now();
        let (claims, generation) = match self.references.claims(token, now).await? {
            Some(claims) => (self.meant_here(claims)?, self.keys.generation()),
            None => self.verify(token).await?,
        };
        let caller = Caller::from_verified(claims);
        self.verified.keep(print, generation, caller.clone(), now);
        Ok(caller)
    }

    /// RFC 8707 §2: a reference is as good as a signature, and as bad at another server.
    fn meant_here(&self, claims: AccessClaims) -> Result<AccessClaims, GuardRefusal> {
        let Protected { issuer, resource, .. } = &self.protected;
        let here = claims.iss == *issuer && claims.aud == *resource;
        let why = "is another server";
        here.then_some(claims).ok_or_else(|| Refusal::Claim { name: "aud", why }.into())
    }

    async fn verify(&self, token: &str) -> Result<(AccessClaims, u64), GuardRefusal> {
        let jws = parse_access_token(token)?;
        // RFC 9068 §2.2: cheap, and it spares the key source tokens of other issuers.
        if jws.unverified_issuer() != Some(self.protected.issuer.as_str()) {
            let why = "is not the authorization server of this resource";
            return Err(Refusal::Claim { name: "iss", why }.into());
        }
        let kid = jws.unverified_kid().ok_or(Refusal::NoKeyId)?;
        let KeysAt { keys, generation } = self.keys.keys_for(kid).await?;
        let (issuer, resource) = (&self.protected.issuer, &self.protected.resource);
        let now = self.clock.now();
        let claims = verify_parsed(jws, &keys, issuer, resource, now, self.leeway)?;
        Ok((claims, generation))
    }

    /// Waits until the caller's grant is revoked.
    pub async fn revoked(&self, caller: &Caller) {
        let mut bell = self.revocations.bell();
        while !self.is_revoked(caller) {
            if bell.changed().await.is_err() {
                return;
            }
        }
    }

    /// Waits until the caller's token would be refused, because it expired or its grant was revoked.
    pub async fn refused(&self, caller: &Caller) {
        let mut bell = self.revocations.bell();
        while self.stands(caller).is_ok() {
            let end = caller.claims().exp.plus(self.leeway);
            let left = end.since(self.clock.now());
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                rung = bell.changed() => if rung.is_err() { return },
            }
        }
    }

    fn stands(&self, caller: &Caller) -> Result<(), GuardRefusal> {
        let (claims, now) = (caller.claims(), self.clock.now());
        if now >= claims.exp.plus(self.leeway) {
            return Err(Refusal::Expired.into());
        }
        if self.is_revoked(caller) {
            return Err(GuardRefusal::Revoked);
        }
        Ok(())
    }

    fn is_revoked(&self, caller: &Caller) -> bool {
        let claims = caller.claims();
        self.revocations.is_revoked(claims.grant_id, self.clock.now())
            || self.revocations.is_outdated(claims.iat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str], uri: &str) -> Result<String, GuardRefusal> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        sole_token(&headers, &uri.parse().unwrap()).map(str::to_owned)
    }

    #[test]
    fn only_the_bearer_scheme_of_one_header_is_a_token() {
        assert_eq!(read(&["bEaReR abc"], "/mcp?x=1"), Ok("abc".to_owned()));
        assert_eq!(read(&[], "/mcp"), Err(GuardRefusal::Missing));
        assert_eq!(read(&["Basic YTpi"], "/mcp"), Err(GuardRefusal::Missing));
        assert!(matches!(read(&["Bearer a", "Bearer a"], "/mcp"), Err(GuardRefusal::Misplaced(_))));
        assert!(matches!(read(&["Bearer a b"], "/mcp"), Err(GuardRefusal::Invalid(_))));
        assert!(matches!(read(&["Bearer"], "/mcp"), Err(GuardRefusal::Invalid(_))));
    }

    #[test]
    fn a_token_in_the_query_is_refused_however_it_is_spelled() {
        for uri in ["/mcp?access_token=abc", "/mcp?a=1&access%5Ftoken=abc", "/mcp?access_token"] {
            assert!(matches!(read(&["Bearer a"], uri), Err(GuardRefusal::Misplaced(_))), "{uri}");
        }
    }
}
