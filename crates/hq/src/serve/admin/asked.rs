//! Who asks, and what a query or a path says.

use crate::{
    error::Error,
    hq::Hq,
    rights::Person,
    serve::fault::{Fault, chain},
    staff,
};
use axum::{
    extract::{FromRequestParts, Query},
    http::{header, request::Parts},
};
use doorstep_domain::{Code, id::BranchId};
use doorstep_wire::bundle::BundleError;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The person who asks.
#[derive(Debug, Clone)]
pub struct Asker(pub Person);

/// The token that a request shows.
pub fn token(parts: &Parts) -> Option<&str> {
    parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

impl FromRequestParts<Hq> for Asker {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, hq: &Hq) -> Result<Self, Fault> {
        let unknown = || Fault::new(Code::Unauthorized, "no token of a login, or one that is past its time");
        let person = hq.logged_in(token(parts).ok_or_else(unknown)?).await?.ok_or_else(unknown)?;
        hq.inner.people.take(person.name.clone(), hq.inner.surroundings.now())?;
        Ok(Self(person))
    }
}

/// What a query asks for.
#[derive(Debug)]
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        query.map(|Query(asked)| Self(asked)).map_err(|_| Fault::new(Code::Invalid, "the query does not read"))
    }
}

/// An id in a path.
pub fn id<T: FromStr>(text: &str) -> Result<T, Fault> {
    text.parse().map_err(|_| Fault::new(Code::Invalid, "not an id"))
}

/// The branch that a query names by its code.
pub async fn branch(hq: &Hq, code: Option<&str>) -> Result<Option<BranchId>, Fault> {
    match code {
        Some(code) => Ok(Some(staff::branch(hq, code).await?)),
        None => Ok(None),
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Storage(error) => error.into(),
            Error::Attachments(error) => error.into(),
            Error::Folder { source, .. } | Error::Bundle(BundleError::File(source)) => {
                tracing::error!(error = %chain(&source), "a file of HQ's failed");
                Self::of_files(&source)
            }
            Error::Bundle(error) => Self::new(error.code(), error.to_string()),
            Error::NoBranch(_) | Error::NoLaptop(_) | Error::NoEngineer(_) | Error::NoAccount(_) => {
                Self::new(Code::NotFound, "nothing here is called that")
            }
            other => {
                tracing::error!(error = %chain(&other), "a request of a person failed");
                Self::new(Code::Internal, "HQ failed; the log says more")
            }
        }
    }
}
