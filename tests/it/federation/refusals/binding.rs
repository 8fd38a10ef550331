//! Good tokens that belong to another sign-in.
