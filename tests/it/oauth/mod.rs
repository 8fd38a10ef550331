//! The authorization server, met as clients, browsers and attackers meet it.

mod sign_in;
