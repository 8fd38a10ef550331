//! People who are signed in here: their browsers, what they agreed to, and what they may do by now.

mod agreed;
mod continued;
mod redemption;
mod refresh;
mod sessions;
mod silent;
mod standing;
mod steps;
