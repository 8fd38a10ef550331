//! What PostgreSQL alone promises: many nodes, a network, servers that go away and come back.

mod gathered;
mod outage;
mod schema;
mod starts;
mod strain;
mod tls;
