//! `countersign environment`: the variables.

use serde_json::{Value, json};

use super::{
    help,
    output::{Answer, Exit},
};
use crate::config::VARIABLES;

/// Every variable with its default and its meaning; the values in force are not shown.
pub(super) fn environment() -> Answer {
    let variables: Vec<Value> = VARIABLES
        .iter()
        .map(|variable| {
            json!({
                "name": variable.name,
                "group": variable.group,
                "default": variable.default,
                "secret": variable.secret,
                "doc": variable.doc,
            })
        })
        .collect();
    Answer { text: help::environment(), json: Value::Array(variables), exit: Exit::Good }
}
