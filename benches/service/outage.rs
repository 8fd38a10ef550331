//! The identity provider stops while people sign in and clients refresh.
//!
//! A sign-in by OpenID Connect's code flow needs the provider itself: it shows the page and redeems the
//! code. One that brings its ID token (Firebase by our page) needs the provider's keys, which are kept,
//! and so does nothing else here: refreshes need nothing of it.

use std::{fs, path::Path, rc::Rc, time::Duration};

use anyhow::{Context as _, ensure};
use countersign::{
    ambient::{Clock as _, SystemClock},
    jose::{algorithm::Algorithm, sign::SigningKey},
};
use serde_json::json;

use crate::{
    clients::{Exchange, Place, Posted, Refresh, Stock},
    floor::Floor,
    load::{Closed, Line, Measured, Work, closed, on_one_thread},
    options::{Options, WARM_UP},
    process::Server,
    rows::floor,
    world::{SIGNED_IN, World},
};

/// Measures before and after; the table in Markdown.
pub(crate) fn outage(options: &Options) -> anyhow::Result<String> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let (signer, provider) = provider(folder.path())?;
    let file = provider_file(&format!("http://{}/", provider.address));
    let files = [("providers/firebase.toml", file.as_str())];
    let world = World::with(&files, &[("COUNTERSIGN_PROVIDERS", "dev,firebase")])?;
    let server = world.start(SIGNED_IN, &[])?;
    let mut desk = Desk { world: &world, server: &server, signer, options, minted: 0 };
    eprintln!("with the provider");
    let with = [desk.sign_ins()?, desk.refreshes()?];
    provider.stop()?;
    eprintln!("without it");
    let without = [desk.sign_ins()?, desk.refreshes()?];
    server.stop()?;
    let names = ["sign-in by a posted ID token", "refresh"];
    let lines = names.iter().zip(with.iter().zip(&without)).map(|(name, (with, without))| {
        let (before, after) = (with.rate(), without.rate());
        let ms = |it: &Measured| it.percentile(99.0).as_secs_f64() * 1000.0;
        format!(
            "| {name} | {before:.0} | {after:.0} | {:.2} | {:.1} | {:.1} | {} |\n",
            after / before,
            ms(with),
            ms(without),
            with.errors + without.errors,
        )
    });
    Ok(HEAD.to_owned() + &lines.collect::<String>())
}

/// The identity provider, as far as it is needed: keys that somebody publishes.
fn provider(folder: &Path) -> anyhow::Result<(SigningKey, Server)> {
    let (signer, _) = SigningKey::generate(Algorithm::Rs256)?;
    let file = folder.join("keys.json");
    fs::write(&file, json!({ "keys": [signer.public_jwk()] }).to_string())?;
    Ok((signer, floor(Floor::Keys, Some(&file))?))
}

struct Desk<'a> {
    world: &'a World,
    server: &'a Server,
    signer: SigningKey,
    options: &'a Options,
    minted: u64,
}

impl Desk<'_> {
    fn sign_ins(&mut self) -> anyhow::Result<Measured> {
        let seconds = (self.options.seconds + WARM_UP).as_secs();
        let (proofs, stock) = self.proofs(seconds * MOST)?;
        let mut client = |_| Ok(Box::new(self.person(&proofs, &stock)) as Box<dyn Work>);
        self.measured("sign-ins", &mut client)
    }

    /// Each client's chain begins with a sign-in, also when the provider is gone.
    fn refreshes(&mut self) -> anyhow::Result<Measured> {
        let clients = self.options.clients;
        let (proofs, stock) = self.proofs(u64::try_from(clients)?)?;
        let mut tokens = on_one_thread(async {
            let mut person = self.person(&proofs, &stock);
            let mut all = Vec::new();
            for _ in 0..clients {
                all.push(person.tokens().await?.context("no ID token left")?.refresh);
            }
            Ok(all)
        })?;
        let mut client = |_| {
            let (line, client) = (Line::new(self.server.address), Rc::clone(&self.world.client));
            let start = Exchange { line, client, codes: Stock::new(0) };
            Ok(Box::new(Refresh { start, token: tokens.pop() }) as Box<dyn Work>)
        };
        self.measured("refreshes", &mut client)
    }

    fn measured(
        &self,
        what: &str,
        clients: &mut dyn FnMut(usize) -> anyhow::Result<Box<dyn Work>>,
    ) -> anyhow::Result<Measured> {
        let Options { clients: number, seconds, .. } = *self.options;
        let shape = Closed { clients: number, warm_up: WARM_UP, lasts: seconds };
        let measured = on_one_thread(closed(shape, clients, || self.server.cpu()))?;
        if let Some(error) = &measured.first_error {
            eprintln!("  {what}: {} failed, the first: {error}", measured.errors);
        }
        ensure!(measured.done > 0, "no {what} succeeded");
        eprintln!("  {:.0} {what} a second", measured.rate());
        Ok(measured)
    }

    fn person(&self, proofs: &Rc<Vec<String>>, stock: &Stock) -> Posted {
        Posted {
            service: Place::new(Line::new(self.server.address), self.world.issuer()),
            client: Rc::clone(&self.world.client),
            proofs: Rc::clone(proofs),
            stock: stock.clone(),
        }
    }

    /// ID tokens, no two alike, of a thousand people.
    fn proofs(&mut self, count: u64) -> anyhow::Result<(Rc<Vec<String>>, Stock)> {
        // Signing takes seconds, and the service wants a sign-in of the last half minute.
        let now = SystemClock.now().plus(AHEAD);
        let numbers = self.minted..self.minted + count;
        self.minted += count;
        let proofs = numbers.map(|number| {
            let (uid, email) = (format!("uid-{}", number % 1000), "ann@example.com");
            // What differs is when the tokens end.
            let ends = now.plus(Duration::from_secs(3600 - number / 1000 % 600)).unix();
            let at = now.unix();
            let claims = json!({
                "iss": format!("https://securetoken.google.com/{PROJECT}"), "aud": PROJECT,
                "sub": uid, "user_id": uid, "auth_time": at, "iat": at, "exp": ends,
                "email": email, "email_verified": true, "name": "Ann",
                "firebase": { "identities": { "google.com": [uid] }, "sign_in_provider": "google.com" },
            });
            self.signer.sign(Some("JWT"), &claims)
        });
        Ok((Rc::new(proofs.collect::<Result<_, _>>()?), Stock::new(count)))
    }
}

fn provider_file(keys: &str) -> String {
    format!(
        r#"kind = "firebase"
label = "Continue with Google"
project = "{PROJECT}"
api_key = "not-a-secret"
auth_domain = "{PROJECT}.firebaseapp.com"
mode = "sdk"
sign_in = ["google.com"]
endpoints = {{ jwks = "{keys}" }}

[[grant]]
scopes = ["read"]
"#
    )
}

const PROJECT: &str = "under-load";
const HEAD: &str = "\
| what | a second with the provider | without it | ratio | p99 ms with | without | failed |
|---|--:|--:|--:|--:|--:|--:|
";
/// How far the provider's clock is ahead; the service forgives a minute.
const AHEAD: Duration = Duration::from_secs(50);
/// More sign-ins than are done in a second; each needs an RSA signature beforehand.
const MOST: u64 = 1500;
