//! `/introspect`: what a token stands for, told to the server it is for.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};

use crate::{
    protocol::error::TokenErrorCode,
    web::{
        Site,
        form::MachineForm,
        problem::TokenProblem,
        token::{Body, unread},
    },
};

/// `POST /introspect` (RFC 7662 §2).
pub(super) async fn introspect(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, TokenProblem> {
    let body = body.map_err(|fault| unread(TokenErrorCode::InvalidRequest, &fault))?;
    let MachineForm { authorization, params } = MachineForm::read(&headers, &body)?;
    let told = site.introspection.introspect(authorization.as_deref(), &params).await?;
    Ok(Json(told).into_response())
}
