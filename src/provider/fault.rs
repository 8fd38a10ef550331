//! What is wrong with a provider file, collected so that the operator sees everything at once.

/// One fault of a provider file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingFault {
    /// The key, such as `client.secret` or `grant[2].when`; the first rule of a kind is `[1]`.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub remedy: String,
}

/// The faults found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<SettingFault>);

impl Faults {
    pub(super) fn add(
        &mut self,
        key: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.0.push(SettingFault { key: key.into(), what: what.into(), remedy: remedy.into() });
    }

    /// Adds a fault for each key of `present` that is there and means nothing to `kind`.
    pub(super) fn misplaced(&mut self, kind: &str, present: &[(&str, bool)]) {
        for (key, _) in present.iter().filter(|(_, there)| *there) {
            self.add(*key, format!("means nothing with kind = \"{kind}\""), "remove the key");
        }
    }

    pub(super) fn into_result<T>(self, good: T) -> Result<T, Vec<SettingFault>> {
        if self.0.is_empty() { Ok(good) } else { Err(self.0) }
    }
}
