//! The environment as a value: what `main` read, and the `.env` file behind it.

use std::{collections::BTreeMap, ffi::OsString, fmt, fs, io, path::Path};

use zeroize::Zeroizing;

use super::{dotenv, fault::Fault};

/// Names and values, the real environment before the `.env` file. Prints names only.
#[derive(Clone, Default)]
pub struct Lookup {
    given: BTreeMap<String, Given>,
    faults: Vec<Fault>,
}

#[derive(Clone)]
struct Given {
    value: Option<Zeroizing<String>>, // none: not Unicode
    origin: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Environment,
    DotEnv { line: usize },
}

impl Lookup {
    /// The names and values of an environment, such as `std::env::vars_os()` gives them.
    #[must_use]
    pub fn new<N: Into<OsString>, V: Into<OsString>>(
        environment: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let pair = |(name, value): (N, V)| {
            let value = value.into().into_string().ok().map(Zeroizing::new);
            let given = Given { value, origin: Origin::Environment };
            Some((name.into().into_string().ok()?, given))
        };
        Self { given: environment.into_iter().filter_map(pair).collect(), faults: Vec::new() }
    }

    /// Adds a `.env` file, if there is one; what the environment has already, stays. Faults of the
    /// file are kept for [`load`](super::load).
    #[must_use]
    pub fn with_dotenv(mut self, file: &Path) -> Self {
        match fs::read_to_string(file).map(Zeroizing::new) {
            Ok(text) => self.add(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => self.faults.push(Fault::new(
                ".env",
                format!("cannot be read: {error}"),
                "make it a UTF-8 text file that this user may read, or remove it",
            )),
        }
        self
    }

    fn add(&mut self, text: &str) {
        let (entries, bad) = dotenv::parse(text);
        let bad = bad.into_iter().map(|bad| {
            let remedy = "write NAME=value, NAME=\"value\", or # before a comment";
            Fault::new(format!(".env:{}", bad.line), bad.what, remedy)
        });
        self.faults.extend(bad);
        for entry in entries {
            let origin = Origin::DotEnv { line: entry.line };
            match self.given.get(&entry.name).map(|given| given.origin) {
                Some(Origin::Environment) => {}
                Some(Origin::DotEnv { line }) => self.faults.push(Fault::new(
                    format!(".env:{}", entry.line),
                    format!("{} is set a second time, first in line {line}", entry.name),
                    "keep one of them",
                )),
                None => {
                    self.given.insert(entry.name, Given { value: Some(entry.value), origin });
                }
            }
        }
    }

    /// What was wrong with the `.env` file.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Every name given.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.given.keys().map(String::as_str)
    }

    /// How a fault names the place of a variable.
    pub(super) fn place(&self, name: &str) -> String {
        let file = format!("{name}_FILE");
        let behind_file = !self.given.contains_key(name) && self.given.contains_key(&file);
        let name = if behind_file { &file } else { name };
        match self.given.get(name).map(|given| given.origin) {
            Some(Origin::DotEnv { line }) => format!("{name} (.env:{line})"),
            Some(Origin::Environment) | None => name.to_owned(),
        }
    }

    /// The value of a variable that has no `…_FILE` form. Empty means not set.
    ///
    /// # Errors
    /// A [`Fault`] when the value is not Unicode.
    pub(super) fn value(&self, name: &str) -> Result<Option<Zeroizing<String>>, Fault> {
        match self.given.get(name) {
            None => Ok(None),
            Some(Given { value: Some(value), .. }) => {
                Ok((!value.is_empty()).then(|| value.clone()))
            }
            Some(Given { value: None, .. }) => {
                Err(Fault::new(self.place(name), "is not Unicode text", "write it in UTF-8"))
            }
        }
    }

    /// The value of a secret: `NAME`, or the content of the file that `NAME_FILE` names.
    ///
    /// # Errors
    /// A [`Fault`] when both are set in one place, or the file cannot be read.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Zeroizing<String>>, Fault> {
        let file_name = format!("{name}_FILE");
        let (direct, file) = (self.value(name)?, self.value(&file_name)?);
        match (direct, file) {
            (direct, None) => Ok(direct),
            (None, Some(file)) => self.read_secret(&file_name, Path::new(file.as_str())).map(Some),
            (Some(direct), Some(file)) => match (self.is_real(name), self.is_real(&file_name)) {
                (true, false) => Ok(Some(direct)),
                (false, true) => self.read_secret(&file_name, Path::new(file.as_str())).map(Some),
                _ => Err(Fault::new(
                    self.place(name),
                    format!("is set, and {file_name} as well"),
                    "keep one of them",
                )),
            },
        }
    }

    fn is_real(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|given| given.origin == Origin::Environment)
    }

    fn read_secret(&self, name: &str, file: &Path) -> Result<Zeroizing<String>, Fault> {
        let remedy = "name a UTF-8 file that this user may read and that holds the secret alone";
        let fault = |what: String| Fault::new(self.place(name), what, remedy);
        let text = fs::read_to_string(file).map(Zeroizing::new);
        let text = text.map_err(|e| fault(format!("{} cannot be read: {e}", file.display())))?;
        let secret = text.trim_end_matches(['\n', '\r']);
        if secret.is_empty() {
            return Err(fault(format!("{} is empty", file.display())));
        }
        Ok(Zeroizing::new(secret.to_owned()))
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dotenv(environment: &[(&str, &str)], text: &str) -> Lookup {
        let mut look = Lookup::new(environment.iter().copied());
        look.add(text);
        look
    }

    fn value(look: &Lookup, name: &str) -> Option<String> {
        look.secret(name).unwrap().map(|value| value.to_string())
    }

    #[test]
    fn the_real_environment_wins_over_the_file() {
        let look = dotenv(&[("A", "real")], "A=file\nB=file\nC=");
        assert_eq!(value(&look, "A").as_deref(), Some("real"));
        assert_eq!(value(&look, "B").as_deref(), Some("file"));
        assert_eq!(value(&look, "C"), None);
        assert_eq!((look.place("A"), look.place("B")), ("A".to_owned(), "B (.env:2)".to_owned()));
    }

    #[test]
    fn a_secret_may_stand_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "s3cret\n").unwrap();
        let look = Lookup::new([("A_FILE", path.clone().into_os_string())]);
        assert_eq!(value(&look, "A").as_deref(), Some("s3cret"));
        fs::write(&path, "\n").unwrap();
        assert!(look.secret("A").unwrap_err().what.ends_with("is empty"));
        fs::remove_file(&path).unwrap();
        assert_eq!(look.secret("A").unwrap_err().place, "A_FILE");
    }

    #[test]
    fn both_forms_of_one_secret_in_one_place_are_refused() {
        let look = dotenv(&[], "A=1\nA_FILE=/nowhere");
        assert_eq!(look.secret("A").unwrap_err().what, "is set, and A_FILE as well");
        let look = dotenv(&[("A", "1")], "A_FILE=/nowhere");
        assert_eq!(value(&look, "A").as_deref(), Some("1"));
    }

    #[test]
    fn a_name_set_twice_in_the_file_is_refused_without_its_value() {
        let look = dotenv(&[], "A=hush1\nA=hush2");
        assert_eq!(look.faults().len(), 1);
        assert!(!format!("{:?}{look:?}", look.faults()).contains("hush"));
    }
}
