//! `/introspect`: what a token stands for, told to the server it is for.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};

use crate::web::{Site, form::MachineForm, problem::TokenProblem};

/// `POST /introspect` (RFC 7662 §2).
pub(super) async fn introspect(
    State(site): State<Arc<Site>>,
    MachineForm { authorization, params }: MachineForm,
) -> Result<Response, TokenProblem> {
    let told = site.introspection.introspect(authorization.as_deref(), &params).await?;
    Ok(Json(told).into_response())
}
