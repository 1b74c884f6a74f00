//! The JSON schema of a scenario line. What limits have comes from the catalogue, so that a check
//! that is added is in the schema; the rest stands in `schema.json`.

use riskgate::gate::checks::{CATALOGUE, CatalogueRow, Parameter};
use riskgate::state::defaults::Number;
use serde_json::{Map, Value, json};

const FRAME: &str = include_str!("schema.json");

/// The whole schema, as text.
pub fn text() -> String {
    let mut schema: Value = serde_json::from_str(FRAME).expect("schema.json is JSON");
    let limits = &mut schema["$defs"]["limits"]["properties"];
    for row in CATALOGUE.iter().filter(|row| row.family > 1) {
        let one = limit(row);
        let several = json!({ "type": "array", "items": one });
        limits[row.check.name()] = json!({ "description": row.semantics, "anyOf": [one, several] });
    }
    format!("{schema:#}\n")
}

/// A limit of a check: a number, `unlimited`, or an object.
fn limit(row: &CatalogueRow) -> Value {
    let object = object(row);
    let has_sides = row.parameters.iter().any(|p| matches!(p, Parameter::Sides));
    if row.number() == Number::None {
        return object;
    }
    let mut forms = vec![json!({ "$ref": "#/$defs/decimal" }), json!({ "const": "unlimited" })];
    if has_sides {
        let sides = json!({ "buy": { "$ref": "#/$defs/limit_number" },
                            "sell": { "$ref": "#/$defs/limit_number" } });
        forms.push(json!({ "type": "object", "additionalProperties": false, "properties": sides }));
    }
    forms.push(object);
    json!({ "anyOf": forms })
}

fn object(row: &CatalogueRow) -> Value {
    let mut keys = Map::new();
    if row.number() != Number::None {
        keys.insert("limit".into(), json!({ "$ref": "#/$defs/limit_number" }));
    }
    if row.number() == Number::BasisPoints {
        keys.insert("limit_bps".into(), json!({ "$ref": "#/$defs/decimal" }));
    }
    for key in ["action", "phase", "latch"] {
        keys.insert(key.into(), json!({ "$ref": format!("#/$defs/{key}") }));
    }
    for parameter in row.parameters.iter().filter(|p| !matches!(p, Parameter::Sides)) {
        let text = parameter.text();
        for key in parameter.keys() {
            keys.insert((*key).into(), parameter_schema(key, &text));
        }
    }
    json!({ "type": "object", "additionalProperties": false, "properties": keys })
}

fn parameter_schema(key: &str, text: &str) -> Value {
    match key {
        "soft" => json!({ "$ref": "#/$defs/soft" }),
        "window" => json!({ "$ref": "#/$defs/duration" }),
        "aggressive" | "passive" => json!({
            "description": text,
            "anyOf": [{ "$ref": "#/$defs/decimal" }, { "$ref": "#/$defs/band" }],
        }),
        "percent" | "ticks" | "absolute" | "floor" | "min_count" => {
            json!({ "$ref": "#/$defs/decimal", "description": text })
        }
        _ => json!({ "description": text }),
    }
}
