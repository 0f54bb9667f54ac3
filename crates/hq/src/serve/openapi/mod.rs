//! The API in OpenAPI 3.1: `/openapi.json`, and `crates/hq/openapi.json` in the sources.
//!
//! Made from a table of routes (`table`) and the JSON Schemas of the messages. Which status goes with a code is said
//! in one place only, `fault::status`; which codes a route answers stands in the table. A robot that knows nothing but this document
//! (`cargo xtask test`) sees that HQ answers nothing else.

mod admin;
mod table;

use super::fault;
use axum::Json;
use doorstep_domain::Code;
use doorstep_wire::ErrorBody;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use table::{Answer, Asks, ROUTES, Route, Who};
use utoipa::openapi::{
    ComponentsBuilder, Content, ContentBuilder, HeaderBuilder, InfoBuilder, License, ObjectBuilder, OpenApiBuilder,
    Paths, Ref, Required, ResponseBuilder, Type,
    path::{OperationBuilder, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    schema::{KnownFormat, SchemaFormat},
    security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};

/// Where the schemas of messages stand in the document.
const SCHEMAS: &str = "/components/schemas";
const LAPTOP: &str = "laptop";
const WATCHER: &str = "watcher";
const ACCOUNT: &str = "account";

/// `GET /openapi.json`
pub async fn openapi() -> Json<Value> {
    Json(document())
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = SCHEMAS.into();
    let mut shapes = settings.into_generator();
    let mut paths = Paths::new();
    for route in ROUTES.iter().chain(admin::ROUTES) {
        paths.add_path_operation(route.path, vec![route.method.clone()], operation(route, &mut shapes));
    }
    let info = InfoBuilder::new()
        .title("Doorstep HQ")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("What laptops and people at headquarters say to HQ. SYNC.md says what each message means."))
        .license(Some(License::new("MIT OR Apache-2.0")));
    let components = ComponentsBuilder::new()
        .security_scheme(LAPTOP, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme(WATCHER, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .security_scheme(ACCOUNT, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let built = OpenApiBuilder::new().info(info.build()).paths(paths).components(Some(components.build())).build();
    let mut document = serde_json::to_value(built).unwrap_or_default();
    // The schemas go in as they are: the builder's own types know a part of JSON Schema only.
    let schemas: Map<String, Value> = shapes.take_definitions(true);
    if let Some(place) = document.pointer_mut("/components") {
        place["schemas"] = Value::Object(schemas);
    }
    document
}

fn operation(route: &Route, shapes: &mut SchemaGenerator) -> OperationBuilder {
    let mut operation = OperationBuilder::new().operation_id(Some(route.id)).summary(Some(route.says));
    operation = match route.who {
        Who::Anybody => operation,
        Who::Laptop => operation.security(SecurityRequirement::new(LAPTOP, [""; 0])),
        Who::Watcher => operation.security(SecurityRequirement::new(WATCHER, [""; 0])),
        Who::Account => operation.security(SecurityRequirement::new(ACCOUNT, [""; 0])),
    };
    for parameter in route.parameters {
        let schema = ObjectBuilder::new().schema_type(parameter.of.clone()).pattern(parameter.pattern);
        let schema = if parameter.of == Type::Integer {
            schema.minimum(Some(0)).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        } else {
            schema
        };
        let is_path = parameter.place == ParameterIn::Path;
        let required = if is_path || parameter.required { Required::True } else { Required::False };
        operation = operation.parameter(
            ParameterBuilder::new()
                .name(parameter.name)
                .parameter_in(parameter.place.clone())
                .required(required)
                .description(Some(parameter.says))
                .schema(Some(schema)),
        );
    }
    if let Some(content) = asked(&route.asks, shapes) {
        let (media, content) = content;
        let body = RequestBodyBuilder::new().required(Some(Required::True)).content(media, content);
        operation = operation.request_body(Some(body.build()));
    }
    for (status, says, answer) in route.answers {
        operation = operation.response(status.to_string(), success(says, answer, shapes));
    }
    let error = reference(shapes, SchemaGenerator::subschema_for::<ErrorBody>);
    for (status, codes) in statuses(route) {
        let mut response = ResponseBuilder::new().description(codes.join(", "));
        if route.method != utoipa::openapi::HttpMethod::Head {
            response = response.content("application/json", ContentBuilder::new().schema(Some(error.clone())).build());
        }
        operation = operation.response(status.to_string(), response);
    }
    operation
}

/// The statuses of a route's errors, each with its codes.
fn statuses(route: &Route) -> BTreeMap<u16, Vec<String>> {
    let mut statuses: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    let name = |code: &Code| json!(code).as_str().unwrap_or_default().to_owned();
    let asks: &[Code] = match route.asks {
        Asks::Nothing => &[],
        Asks::Json(_) | Asks::Bytes => &[Code::Invalid, Code::TooLarge],
    };
    let who: &[Code] = match route.who {
        Who::Anybody => &[],
        Who::Laptop => &[Code::Unauthorized, Code::DeviceRevoked, Code::DeviceWiped],
        Who::Watcher | Who::Account => &[Code::Unauthorized],
    };
    for code in [&[Code::Busy, Code::Internal, Code::HqCannotStore, Code::HqDamaged], asks, who, route.codes].concat() {
        let codes = statuses.entry(fault::status(code).as_u16()).or_default();
        if !codes.contains(&name(&code)) {
            codes.push(name(&code));
        }
    }
    // Too many at once is 503, too many in a row from one sender 429.
    statuses.entry(429).or_default().push(name(&Code::Busy));
    if matches!(route.asks, Asks::Json(_)) {
        // A compression that HQ does not read.
        statuses.entry(415).or_default().push(name(&Code::Invalid));
    }
    statuses
}

fn reference(shapes: &mut SchemaGenerator, of: table::Shape) -> Ref {
    let schema = of(shapes);
    Ref::new(schema.get("$ref").and_then(Value::as_str).unwrap_or_default())
}

fn asked(asks: &Asks, shapes: &mut SchemaGenerator) -> Option<(&'static str, Content)> {
    match asks {
        Asks::Nothing => None,
        Asks::Json(shape) => Some(("application/json", Content::new(Some(reference(shapes, *shape))))),
        Asks::Bytes => Some(("application/octet-stream", bytes())),
    }
}

fn bytes() -> Content {
    Content::new(Some(
        ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))),
    ))
}

fn success(says: &str, answer: &Answer, shapes: &mut SchemaGenerator) -> ResponseBuilder {
    let response = ResponseBuilder::new().description(says);
    let count =
        || HeaderBuilder::new().schema(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))).build();
    match answer {
        Answer::Nothing => response,
        Answer::Json(shape) => response.content("application/json", Content::new(Some(reference(shapes, *shape)))),
        Answer::AnyJson => response.content("application/json", Content::new(Some(ObjectBuilder::new()))),
        Answer::Text(media) => {
            response.content(*media, Content::new(Some(ObjectBuilder::new().schema_type(Type::String))))
        }
        Answer::Bytes => response.content("application/octet-stream", bytes()),
        Answer::Progress => response.header(doorstep_wire::UPLOAD_OFFSET, count()),
    }
}
