//! The routes of people at HQ.

use super::table::{Answer, Asks, Parameter, Route, Shape, Who};
use crate::{
    bundle::Taken,
    conflicts::{Conflicts, Found},
    laptops::{LaptopEntry, Laptops},
    serve::admin::{LoginAsk, LoginReply, MoveAsk, ReassignAsk, SettleAsk, Trail, WipeAsk, path},
    staff::{Engineers, Reassigned},
    status::Status,
};
use doorstep_domain::Code;
use schemars::SchemaGenerator;
use utoipa::openapi::{HttpMethod, Type, path::ParameterIn};

const ID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

const fn in_path(name: &'static str, pattern: &'static str, says: &'static str) -> Parameter {
    Parameter { name, place: ParameterIn::Path, of: Type::String, pattern: Some(pattern), required: true, says }
}

const fn in_query(name: &'static str, of: Type, says: &'static str) -> Parameter {
    Parameter { name, place: ParameterIn::Query, of, pattern: None, required: false, says }
}

const CODE: Parameter = in_path("code", "^[A-Z]{1,2}[0-9]{2}$", "Short name of the laptop, e.g. A07.");
const CONFLICT: Parameter = in_path("conflict", ID, "Id of the conflict.");
const ENGINEER: Parameter = in_path("engineer", ID, "Id of the engineer.");
const BRANCH: Parameter = in_query("branch", Type::String, "Code of a branch, e.g. CD: only what is of it.");
const COUNT: Parameter = in_query("count", Type::Integer, "Entries of the page: 100, and at most 500.");
const AFTER: Parameter = in_query("after", Type::String, "The `next` of the page before.");
const AFTER_NUMBER: Parameter = in_query("after", Type::Integer, "The `next` of the page before.");

/// Something to read.
const fn read(
    path: &'static str,
    id: &'static str,
    says: &'static str,
    parameters: &'static [Parameter],
    answers: &'static [(u16, &'static str, Answer)],
    codes: &'static [Code],
) -> Route {
    let (method, who, asks) = (HttpMethod::Get, Who::Account, Asks::Nothing);
    Route { method, path, id, says, who, parameters, asks, answers, codes }
}

/// Something to be done about what the path names.
const fn act(
    path: &'static str,
    id: &'static str,
    says: &'static str,
    parameters: &'static [Parameter],
    asks: Option<Shape>,
    answers: &'static [(u16, &'static str, Answer)],
    codes: &'static [Code],
) -> Route {
    let asks = match asks {
        Some(shape) => Asks::Json(shape),
        None => Asks::Nothing,
    };
    Route { method: HttpMethod::Post, path, id, says, who: Who::Account, parameters, asks, answers, codes }
}

const LAPTOP: &[(u16, &str, Answer)] =
    &[(200, "The laptop as it stands now.", Answer::Json(SchemaGenerator::subschema_for::<LaptopEntry>))];
const NOT_THEIRS: &[Code] = &[Code::Invalid, Code::NotFound, Code::OutOfScope];
const NOT_SO: &[Code] = &[Code::Invalid, Code::NotFound, Code::OutOfScope, Code::WrongState, Code::Missing];
/// A conflict that a newer HQ wrote is listed, and not read.
const UNREAD: &[Code] = &[Code::Invalid, Code::NotFound, Code::OutOfScope, Code::VersionUnsupported];

/// All of them.
pub const ROUTES: &[Route] = &[
    Route {
        who: Who::Anybody,
        ..act(
            path::LOGIN,
            "log_in",
            "Logs a person in, for eight hours.",
            &[],
            Some(SchemaGenerator::subschema_for::<LoginAsk>),
            &[(200, "Logged in.", Answer::Json(SchemaGenerator::subschema_for::<LoginReply>))],
            &[Code::Unauthorized],
        )
    },
    act(path::LOGOUT, "log_out", "Ends a login.", &[], None, &[(204, "Ended.", Answer::Nothing)], &[]),
    read(
        path::STATUS,
        "status",
        "How HQ stands: laptops, open conflicts by branch and age, visits of leavers.",
        &[],
        &[(200, "How it stands.", Answer::Json(SchemaGenerator::subschema_for::<Status>))],
        &[],
    ),
    read(
        path::LAPTOPS,
        "laptops",
        "Laptops, in the order in which they were enrolled.",
        &[BRANCH, AFTER_NUMBER, COUNT],
        &[(200, "A page of them.", Answer::Json(SchemaGenerator::subschema_for::<Laptops>))],
        NOT_THEIRS,
    ),
    act(path::REVOKE, "revoke", "Switches a laptop off.", &[CODE], None, LAPTOP, NOT_THEIRS),
    act(
        path::WIPE,
        "wipe_ask",
        "Asks that a laptop be wiped; another person has to confirm it.",
        &[CODE],
        Some(SchemaGenerator::subschema_for::<WipeAsk>),
        LAPTOP,
        NOT_SO,
    ),
    Route {
        method: HttpMethod::Delete,
        ..act(path::WIPE, "wipe_withdraw", "Takes that back, before it was confirmed.", &[CODE], None, LAPTOP, NOT_SO)
    },
    act(
        path::WIPE_CONFIRM,
        "wipe_confirm",
        "Confirms it, as another person: the laptop destroys what it has when it next speaks to HQ.",
        &[CODE],
        None,
        LAPTOP,
        NOT_SO,
    ),
    read(
        path::CONFLICTS,
        "conflicts",
        "Open conflicts, the longest open first.",
        &[BRANCH, AFTER, COUNT],
        &[(200, "A page of them.", Answer::Json(SchemaGenerator::subschema_for::<Conflicts>))],
        NOT_THEIRS,
    ),
    read(
        path::CONFLICT,
        "conflict",
        "A conflict, open or settled, with all it has been through.",
        &[CONFLICT],
        &[(200, "The conflict.", Answer::Json(SchemaGenerator::subschema_for::<Found>))],
        UNREAD,
    ),
    act(
        path::SETTLE,
        "settle",
        "Settles a conflict.",
        &[CONFLICT],
        Some(SchemaGenerator::subschema_for::<SettleAsk>),
        &[(200, "The conflict as it stands now.", Answer::Json(SchemaGenerator::subschema_for::<Found>))],
        &[
            Code::Invalid,
            Code::NotFound,
            Code::OutOfScope,
            Code::ConflictMoved,
            Code::Missing,
            Code::Sealed,
            Code::VersionUnsupported,
        ],
    ),
    read(
        path::ENGINEERS,
        "engineers",
        "Engineers, the longest known first.",
        &[BRANCH, AFTER, COUNT],
        &[(200, "A page of them.", Answer::Json(SchemaGenerator::subschema_for::<Engineers>))],
        NOT_THEIRS,
    ),
    act(
        path::REASSIGN,
        "reassign",
        "Gives the open visits of an engineer to a colleague of the same branch.",
        &[ENGINEER],
        Some(SchemaGenerator::subschema_for::<ReassignAsk>),
        &[(200, "Done.", Answer::Json(SchemaGenerator::subschema_for::<Reassigned>))],
        NOT_THEIRS,
    ),
    act(
        path::MOVE,
        "move_engineer",
        "Moves an engineer, and their laptops, to another branch.",
        &[ENGINEER],
        Some(SchemaGenerator::subschema_for::<MoveAsk>),
        &[(204, "Moved.", Answer::Nothing)],
        NOT_THEIRS,
    ),
    Route {
        asks: Asks::Bytes,
        ..act(
            path::BUNDLES,
            "hand_in",
            "Hands in what waits on a laptop that is switched off, as its `.doorstep` file.",
            &[],
            None,
            &[(200, "What was taken.", Answer::Json(SchemaGenerator::subschema_for::<Taken>))],
            &[Code::OutOfScope, Code::WrongState, Code::NotABundle, Code::BundleForeign, Code::VersionUnsupported],
        )
    },
    read(
        path::TRAIL,
        "trail",
        "What people at HQ did, newest first.",
        &[in_query("before", Type::Integer, "The `next` of the page before."), COUNT],
        &[(200, "A page of it.", Answer::Json(SchemaGenerator::subschema_for::<Trail>))],
        &[Code::Invalid, Code::OutOfScope],
    ),
];
