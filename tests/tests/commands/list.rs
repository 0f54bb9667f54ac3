//! The one list of commands.

use doorstep_app::{commands, schema};

#[test]
fn every_command_says_what_it_takes_and_what_it_gives() {
    let schema = schema();
    let named: Vec<&str> = commands().map(|command| command.name).collect();
    assert!(named.len() > 40);
    assert_eq!(schema["required"].as_array().unwrap().len(), named.len());
    for name in named {
        let command = &schema["properties"][name];
        assert!(command["properties"]["args"].is_object(), "{name} does not say what it takes");
        let result = &command["properties"]["result"];
        assert!(result.is_object() || result == true, "{name} does not say what it gives");
        // What a type is called must be explained in the same place.
        for reference in references(command) {
            let kind = reference.strip_prefix("#/$defs/").unwrap();
            assert!(schema["$defs"][kind].is_object(), "{name} names {kind}, which nothing explains");
        }
    }
    assert!(schema["$defs"]["Failure"]["properties"]["code"].is_object());
}

fn references(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Object(fields) => {
            let own = fields.get("$ref").and_then(|r| r.as_str()).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        serde_json::Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
