//! Whether we live, whether we are ready, and figures for the operator.

use std::{
    fmt::Write as _,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::web::{Site, peer, problem, serve::Peer};

type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;
type Look = Arc<dyn Fn() -> Vec<ProviderHealth> + Send + Sync>;

/// How one provider's keys are.
#[derive(Clone, Debug, Serialize)]
pub struct ProviderHealth {
    /// The provider's id.
    pub provider: String,
    /// `ok`, `stale` (the last good keys serve) or `down`.
    pub state: &'static str,
}

/// Answers `/healthz`, `/readyz` and `/metrics`.
pub struct Health {
    probe: Probe,
    providers: Look,
    last: Mutex<Option<(Instant, bool)>>,
    trusted: Vec<IpNet>,
    leaving: CancellationToken,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stopping: bool,
    degraded: Vec<ProviderHealth>,
}

/// How long one probe's answer stands.
const KEPT: Duration = Duration::from_secs(5);

impl Health {
    /// `probe` writes to the store for real; `providers` looks at caches only; `trusted` are the
    /// networks whose callers see figures, and whose forwarding headers count; once `leaving` is
    /// cancelled we are ready for nothing new.
    #[must_use]
    pub fn new(
        probe: Probe,
        providers: Look,
        trusted: Vec<IpNet>,
        leaving: CancellationToken,
    ) -> Self {
        Self { probe, providers, last: Mutex::new(None), trusted, leaving }
    }

    async fn ready(&self) -> bool {
        let kept = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match kept {
            Some((at, ready)) if at.elapsed() < KEPT => ready,
            _ => {
                let ready = (self.probe)().await;
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                *last = Some((Instant::now(), ready));
                ready
            }
        }
    }
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store takes writes, and we were not told to stop. A provider that is down is
/// `degraded`, not unready.
pub(super) async fn readyz(State(site): State<Arc<Site>>) -> Response {
    let stopping = site.health.leaving.is_cancelled();
    let ready = !stopping && site.health.ready().await;
    let mut degraded = (site.health.providers)();
    degraded.retain(|provider| provider.state != "ok");
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(Readiness { ready, stopping, degraded }))
        .into_response()
}

/// `GET /metrics`, for this machine and the trusted networks only.
pub(super) async fn metrics(
    State(site): State<Arc<Site>>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    headers: HeaderMap,
) -> Response {
    let trusted = &site.health.trusted;
    let caller =
        peer.and_then(|Extension(ConnectInfo(peer))| peer::caller(peer.0.ip(), &headers, trusted));
    if !caller.is_some_and(|ip| ip.is_loopback() || peer::is_among(ip, trusted)) {
        return problem::not_found().await.into_response();
    }
    let mut text = String::from(
        "# HELP countersign_provider_keys How fresh a provider's signing keys are: 0 ok, 1 stale, 2 down.\n# TYPE countersign_provider_keys gauge\n",
    );
    for ProviderHealth { provider, state } in (site.health.providers)() {
        let value = match state {
            "ok" => 0,
            "stale" => 1,
            _ => 2,
        };
        let _ = writeln!(text, "countersign_provider_keys{{provider=\"{provider}\"}} {value}");
    }
    text.push_str("# HELP countersign_refused_by_address_total Requests of addresses that asked too often.\n# TYPE countersign_refused_by_address_total counter\n");
    for (limit, count) in site.rates.refused() {
        let _ = writeln!(text, "countersign_refused_by_address_total{{limit=\"{limit}\"}} {count}");
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
