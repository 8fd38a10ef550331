//! How quick one core of this machine is at the signatures that no answer here can do without.

use std::time::{Duration, Instant};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
        UnparsedPublicKey,
    },
};

/// ES256 signatures a second: how many are made, how many are verified.
pub(crate) fn es256() -> anyhow::Result<(f64, f64)> {
    let (dice, message) = (SystemRandom::new(), [7; 600]);
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
    let signature = pair.sign(&dice, &message)?;
    let made = a_second(|| {
        pair.sign(&dice, &message)?;
        Ok(())
    })?;
    let verified = a_second(|| Ok(public.verify(&message, signature.as_ref())?))?;
    Ok((made, verified))
}

fn a_second(one: impl Fn() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let (start, mut done) = (Instant::now(), 0_u32);
    while start.elapsed() < Duration::from_secs(1) {
        one()?;
        done += 1;
    }
    Ok(f64::from(done) / start.elapsed().as_secs_f64())
}
