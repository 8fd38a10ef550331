//! Reads variables one by one and keeps every fault.

use std::fmt::Display;

use zeroize::Zeroizing;

use super::{fault::Fault, lookup::Lookup, variables::variable};

/// A lookup and the faults found so far.
pub(super) struct Reader<'a> {
    look: &'a Lookup,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(look: &'a Lookup) -> Self {
        Self { look, faults: Vec::new() }
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// What was given, without the default.
    pub(super) fn given(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let secret = variable(name).is_some_and(|variable| variable.secret);
        let value = if secret { self.look.secret(name) } else { self.look.value(name) };
        value.unwrap_or_else(|fault| {
            self.faults.push(fault);
            None
        })
    }

    /// The value or the table's default, parsed; none when there is neither, or after a fault.
    pub(super) fn parse<T, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
        remedy: &str,
    ) -> Option<T> {
        let given = self.given(name);
        let default = || variable(name).and_then(|variable| variable.default);
        let text = given.as_ref().map(|text| text.as_str()).or_else(default)?;
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let secret = variable(name).is_some_and(|variable| variable.secret);
                let what = if secret { error.to_string() } else { format!("{text:?} {error}") };
                self.fault(name, what, remedy);
                None
            }
        }
    }

    /// Adds a fault of a variable.
    pub(super) fn fault(&mut self, name: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::new(self.look.place(name), what, remedy));
    }
}
