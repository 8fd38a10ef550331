//! Names that look like ours and are not.

use super::{
    fault::{Fault, nearest},
    lookup::Lookup,
    variables::{VARIABLES, variable},
};

/// A fault for each `COUNTERSIGN_…` name that is none of ours: a slip of the pen there would silently
/// leave a default in force.
pub(super) fn unknown_names(look: &Lookup) -> Vec<Fault> {
    let ours = look.names().filter(|name| name.starts_with(PREFIX) && !is_known(name));
    let known = || VARIABLES.iter().filter_map(|variable| variable.name.strip_prefix(PREFIX));
    ours.map(|name| {
        let rest = name.strip_prefix(PREFIX).unwrap_or(name);
        let remedy = match (plain_form(name), nearest(rest, known())) {
            (Some(plain), _) => format!("only secrets have a _FILE form; set {plain} itself"),
            (None, Some(near)) => format!("did you mean {PREFIX}{near}?"),
            (None, None) => "remove it; .env.example has every name".to_owned(),
        };
        Fault::new(look.place(name), "is not a variable of Countersign", remedy)
    })
    .collect()
}

fn is_known(name: &str) -> bool {
    let file = name.strip_suffix("_FILE").and_then(variable);
    variable(name).is_some() || file.is_some_and(|variable| variable.secret)
}

fn plain_form(name: &str) -> Option<&'static str> {
    name.strip_suffix("_FILE").and_then(variable).map(|variable| variable.name)
}

const PREFIX: &str = "COUNTERSIGN_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_name_of_ours_is_refused_with_a_suggestion() {
        let look = Lookup::new([
            ("COUNTERSIGN_PUBLIK_URL", "https://a.example"),
            ("COUNTERSIGN_LISTEN_FILE", "x"),
            ("COUNTERSIGN_ZZZ", "x"),
            ("COUNTERSIGN_MASTER_KEY_FILE", "x"),
            ("OTHER_THING", "x"),
        ]);
        let faults = unknown_names(&look);
        let told: Vec<_> =
            faults.iter().map(|fault| (fault.place.as_str(), fault.remedy.as_str())).collect();
        let expected = [
            (
                "COUNTERSIGN_LISTEN_FILE",
                "only secrets have a _FILE form; set COUNTERSIGN_LISTEN itself",
            ),
            ("COUNTERSIGN_PUBLIK_URL", "did you mean COUNTERSIGN_PUBLIC_URL?"),
            ("COUNTERSIGN_ZZZ", "remove it; .env.example has every name"),
        ];
        assert_eq!(told, expected);
    }
}
