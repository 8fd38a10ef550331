//! An access token, in the order in which the guard judges it (RFC 9068 §4).

use std::time::Duration;

use super::{Desk, findings::Findings};
use crate::{
    ambient::Timestamp,
    cli::{client::when, faults::Failure},
    engine::policy::{Asker, Rule, ServerSettings, Upstream, Verdict},
    guard::LEEWAY,
    jose::{
        access_token::MAX_ACCESS_TOKEN_BYTES,
        algorithm::Algorithm,
        jws::{Jws, VerifiedPayload, VerifyPolicy},
        keys::KeySet,
        refusal::Refusal,
    },
    protocol::access::{ACCESS_TOKEN_TYPE, AccessClaims},
};

impl Desk {
    pub(super) async fn access_token(&self, token: &str) -> Result<Findings, Failure> {
        let mut found = Findings::new("access_token", "An access token");
        let keys = self.keys().await?;
        match Jws::parse(token, MAX_ACCESS_TOKEN_BYTES) {
            Ok(jws) => {
                found.ok("structure", "three parts, plain JSON");
                if let Some(payload) = self.signature(jws, keys.as_ref(), &mut found) {
                    self.claims(&payload, &mut found).await?;
                }
            }
            Err(refusal) => {
                found = Findings::new("unknown", "Not a token that Countersign issues");
                found.refused("structure", refusal.to_string());
            }
        }
        Ok(found)
    }

    /// Algorithm, type, key and signature; the payload when all hold.
    fn signature(
        &self,
        jws: Jws<'_>,
        keys: Option<&KeySet>,
        found: &mut Findings,
    ) -> Option<VerifiedPayload> {
        let algorithm = jws.precheck(&policy(&OURS)) != Err(Refusal::Algorithm);
        found.judge("algorithm", algorithm, ["ES256 or EdDSA", "neither ES256 nor EdDSA"]);
        let typ = jws.precheck(&policy(&ALL)) != Err(Refusal::Type);
        found.judge("type", typ, ["at+jwt", "not at+jwt: a token of another kind"]);
        let issuer = jws.unverified_issuer().map(str::to_owned);
        let verified = self.by_key(jws, keys, found);
        if verified.is_none() {
            found.skipped("claims", "nothing it says can be believed");
            if let Some(issuer) = issuer {
                found.fact("Issuer it names", format!("{issuer} (not verified)"));
            }
        }
        verified
    }

    fn by_key(
        &self,
        jws: Jws<'_>,
        keys: Option<&KeySet>,
        found: &mut Findings,
    ) -> Option<VerifiedPayload> {
        let Some(keys) = keys else {
            let why = format!("there are no signing keys yet in {}", self.database());
            found.refused("key", why);
            found.skipped("signature", "without the key");
            return None;
        };
        match jws.unverified_kid() {
            Some(kid) if keys.has(kid) => found.ok("key", "one of ours"),
            Some(_) => found.refused("key", "none of ours: issued elsewhere, or retired long ago"),
            None => found.refused("key", "the token names none"),
        }
        match jws.verify(keys, &policy(&OURS)) {
            Ok(payload) => {
                found.ok("signature", "good");
                Some(payload)
            }
            Err(Refusal::BadSignature) => {
                found.refused("signature", "wrong: changed on the way, or forged");
                None
            }
            Err(_) => {
                found.skipped("signature", "a check above failed");
                None
            }
        }
    }

    async fn claims(&self, payload: &VerifiedPayload, found: &mut Findings) -> Result<(), Failure> {
        let claims: AccessClaims = match payload.claims() {
            Ok(claims) => claims,
            Err(refusal) => {
                found.refused("claims", refusal.to_string());
                return Ok(());
            }
        };
        let not_before = payload.value().get("nbf").and_then(serde_json::Value::as_i64);
        let not_before = not_before.map(Timestamp::from_unix);
        self.judge_claims(&claims, not_before, found).await
    }

    /// What a token says, signed or looked up.
    pub(super) async fn judge_claims(
        &self,
        claims: &AccessClaims,
        not_before: Option<Timestamp>,
        found: &mut Findings,
    ) -> Result<(), Failure> {
        let ours = claims.iss == self.config.public_url.as_str();
        let issuer = format!("{}, not COUNTERSIGN_PUBLIC_URL", claims.iss);
        found.judge("issuer", ours, [&claims.iss, &issuer]);
        let server = self.config.servers.iter().find(|server| server.resource == claims.aud);
        let elsewhere = format!("{} is no server of ours", claims.aud);
        found.judge("audience", server.is_some(), [claims.aud.as_str(), &elsewhere]);
        self.times(claims, not_before, found);
        self.grant(claims, found).await?;
        self.user(claims, found).await?;
        said(claims, found);
        if let Some(server) = server {
            at(server, claims, found);
        }
        Ok(())
    }

    fn times(&self, claims: &AccessClaims, from: Option<Timestamp>, found: &mut Findings) {
        let alive = self.now < claims.exp.plus(LEEWAY);
        let ends = format!("ends {}", when(claims.exp));
        let ended = format!("ended {}, {} ago", when(claims.exp), ago(self.now.since(claims.exp)));
        found.judge("expiry", alive, [&ends, &ended]);
        let begun = claims.iat <= self.now.plus(LEEWAY);
        let issued = format!("issued {}", when(claims.iat));
        let ahead = format!("{issued}, which lies ahead: is a clock wrong?");
        found.judge("issued", begun, [&issued, &ahead]);
        if let Some(from) = from {
            let says = format!("not before {}", when(from));
            found.judge("not before", from <= self.now.plus(LEEWAY), [&says, &says]);
        }
    }

    async fn grant(&self, claims: &AccessClaims, found: &mut Findings) -> Result<(), Failure> {
        let Some(store) = &self.store else { return Ok(()) };
        match store.grant(&claims.grant_id).await? {
            None => found.skipped("grant", "not in the database any more"),
            Some(grant) => match grant.revoked_at {
                None => found.ok("grant", "stands"),
                Some(at) => found.refused("grant", format!("revoked {}", when(at))),
            },
        }
        Ok(())
    }

    async fn user(&self, claims: &AccessClaims, found: &mut Findings) -> Result<(), Failure> {
        let Some(store) = &self.store else { return Ok(()) };
        match store.user(&claims.sub).await? {
            None => found.skipped("user", "not in the database any more"),
            Some(user) => {
                let says = ["known and not disabled", "disabled by the operator"];
                found.judge("user", !user.disabled, says);
            }
        }
        Ok(())
    }
}

fn said(claims: &AccessClaims, found: &mut Findings) {
    found.fact("User", claims.sub.to_string());
    found.fact("Client", claims.client_id.to_string());
    found.fact("Provider", claims.idp.to_string());
    found.fact("Grant", claims.grant_id.to_string());
    found.fact("Scopes", claims.scope.to_string());
}

/// What the scopes come to at the server.
fn at(server: &ServerSettings, claims: &AccessClaims, found: &mut Findings) {
    let all = server.expand(&claims.scope);
    let foreign = claims.scope.difference(&server.scopes());
    let mut says = if all.is_empty() { "none".to_owned() } else { format!("come to {all}") };
    if !foreign.is_empty() {
        says = format!("{says}; {foreign} mean nothing at this server");
    }
    found.ok("scopes", says);
    let (email, client) = (claims.email.as_deref(), &claims.client_id);
    let asker = Asker { scopes: &claims.scope, user: &claims.sub, email, client };
    let allowed = |rule: &&Rule| server.policy.by_rule(rule, Some(&asker)) == Verdict::Allowed;
    let tools = server.policy.tools().filter(allowed).map(|rule| rule.name.as_str());
    let tools: Vec<&str> = tools.collect();
    found.fact("Server", server.id.to_string());
    if server.upstream != Upstream::Elsewhere {
        found.fact("May call", tools.join(" "));
    }
}

fn ago(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

const fn policy(algorithms: &'static [Algorithm]) -> VerifyPolicy<'static> {
    VerifyPolicy { algorithms, types: &[Some(ACCESS_TOKEN_TYPE)], allow_missing_kid: false }
}

const OURS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::EdDsa];
/// So that the type is judged whatever the algorithm.
const ALL: [Algorithm; 9] = [
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
    Algorithm::Es256,
    Algorithm::Es384,
    Algorithm::EdDsa,
];
