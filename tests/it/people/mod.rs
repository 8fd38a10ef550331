//! People who are signed in here: their browsers, what they agreed to, and what they may do by now.

mod account;
pub(crate) mod agreed;
mod continued;
mod forms;
mod identities;
mod linking;
mod redemption;
mod refresh;
mod sessions;
mod silent;
mod standing;
pub(crate) mod steps;

pub(crate) use self::steps::signed_in;
