//! Reading forms at the door: those of our own pages, and those of programs.

use std::{mem, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::{
    protocol::{error::TokenError, form::Params},
    web::{Site, problem::Complaint, request::RequestId},
};

/// A form sent by a program (RFC 6749 §3.2), with its `Authorization` header.
pub(super) struct MachineForm {
    pub(super) authorization: Option<String>,
    pub(super) params: Params,
}

impl MachineForm {
    /// Parameters come as a form in the body, and nowhere else; credentials at most once.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let why = "Send the parameters as application/x-www-form-urlencoded.";
            return Err(TokenError::invalid_request(why));
        }
        let text = std::str::from_utf8(body);
        let text = text.map_err(|_| TokenError::invalid_request("The body is not UTF-8."))?;
        let params = Params::parse(text);
        let params = params.map_err(|fault| TokenError::invalid_request(format!("{fault}.")))?;
        Ok(Self { authorization: authorization(headers)?, params })
    }
}

fn authorization(headers: &HeaderMap) -> Result<Option<String>, TokenError> {
    let mut values = headers.get_all(header::AUTHORIZATION).into_iter();
    match (values.next().map(|value| value.to_str()), values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(text)), None) => Ok(Some(text.to_owned())),
        (Some(Err(_)), None) => Err(TokenError::invalid_request("Authorization is malformed.")),
        _ => Err(TokenError::invalid_request("Authorization is given more than once.")),
    }
}

/// A form of our own pages: posted by them, and readable. Anything else is answered with a page.
pub(super) struct OwnForm(pub(super) Params);

impl FromRequest<Arc<Site>> for OwnForm {
    type Rejection = Response;

    async fn from_request(mut request: Request, site: &Arc<Site>) -> Result<Self, Response> {
        let id = RequestId::of(request.extensions());
        let headers = mem::take(request.headers_mut());
        let body = Bytes::from_request(request, site).await;
        let body = body.map_err(IntoResponse::into_response)?;
        let read = site.own_form(&headers, &body);
        read.map(Self).map_err(|complaint| site.complaint(id, complaint))
    }
}

impl Site {
    fn own_form(&self, headers: &HeaderMap, body: &[u8]) -> Result<Params, Complaint> {
        if !self.is_from_us(headers) {
            return Err(Complaint::foreign_form());
        }
        let text = std::str::from_utf8(body).map_err(|_| Complaint::malformed("not UTF-8"))?;
        Params::parse(text).map_err(|fault| Complaint::malformed(&fault.to_string()))
    }

    /// Fetch metadata and `Origin`, where a browser sends them; a consent's cookie and sealed form are
    /// asked for in any case.
    fn is_from_us(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let site = text("sec-fetch-site").is_none_or(|site| site == "same-origin");
        // `Referrer-Policy: no-referrer` makes browsers say `null` of our own forms.
        let known = |origin: &str| origin == "null" || origin == self.shown.issuer.as_str();
        let origin = text("origin").is_none_or(known);
        site && origin
    }
}
