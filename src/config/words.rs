//! What serde finds wrong, in words of ours; it owns no place in a file.

use super::fault::nearest;

/// What serde found, in our words, and what to write instead.
pub(super) fn explain(message: &str) -> (String, String) {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (given, known) = names.split_first().map_or(("", [].as_slice()), |(g, k)| (*g, k));
    let choice = || match nearest(given, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}", known.join(", ")),
    };
    if message.starts_with("unknown field") {
        (format!("`{given}` is not a key of this table"), choice())
    } else if message.starts_with("unknown variant") {
        (format!("`{given}` is not a value of this key"), choice())
    } else if message.starts_with("missing field") {
        (format!("`{given}` is missing"), format!("add {given} = …"))
    } else if let Some((found, wanted)) = misfit(message) {
        (format!("{found} stands where {wanted} is expected"), format!("write {}", like(wanted)))
    } else {
        (message.to_owned(), "write what is expected".to_owned())
    }
}

/// What was found and what was wanted, without the value itself: it may be a secret.
fn misfit(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "))?;
    let (found, wanted) = rest.rsplit_once(", expected ")?;
    let found = found.split([' ', ',']).next().filter(|kind| *kind != "map").unwrap_or("a table");
    let wanted = match wanted {
        "a sequence" => "a list",
        table if table.starts_with("struct ") => "a table",
        other => other,
    };
    Some((found, wanted))
}

/// How such a value is written.
fn like(wanted: &str) -> &str {
    match wanted {
        "a list" => r#"a list, such as ["one", "two"]"#,
        "a table" => r#"a table, such as { key = "value" }"#,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_shown_to_who_wrote_a_text() {
        let (what, remedy) = explain("invalid type: string \"npx -y x\", expected a sequence");
        assert_eq!(what, "string stands where a list is expected");
        assert_eq!(remedy, r#"write a list, such as ["one", "two"]"#);
    }
}
