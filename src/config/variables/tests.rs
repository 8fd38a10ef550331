use super::*;

#[test]
fn the_example_file_has_every_variable_under_its_heading_with_its_default() {
    let text = include_str!("../../../.env.example");
    let mut group = "";
    let mut listed = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("# --- ") {
            group = heading.trim_end_matches(['-', ' ']);
        } else if let Some((name, value)) =
            line.strip_prefix('#').and_then(|line| line.split_once('='))
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        {
            listed.push((group, name, value));
        } else {
            assert!(line.is_empty() || line.starts_with("# "), "not commented: {line}");
        }
    }
    let table: Vec<_> =
        VARIABLES.iter().map(|v| (v.group, v.name, v.default.unwrap_or(""))).collect();
    assert_eq!(listed, table);
}

#[test]
fn the_example_file_says_of_each_variable_what_the_table_says() {
    let text = include_str!("../../../.env.example");
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = words(&text.replace("\n# ", " "));
    for variable in VARIABLES {
        assert!(told.contains(&words(variable.doc)), "{}", variable.name);
    }
}
