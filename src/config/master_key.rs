//! The master key: it seals the signing keys at rest, and everything else that is read back.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use aws_lc_rs::hkdf;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::ambient::{Entropy, random};

use super::fault::Fault;

/// One master key.
pub type MasterKey = Zeroizing<[u8; 32]>;

/// Where the master keys come from; the first seals, all open.
#[derive(Clone)]
pub enum MasterKeys {
    /// From the environment.
    Given(Vec<MasterKey>),
    /// From a file of ours, made when it is first needed.
    File(PathBuf),
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(keys) => write!(f, "Given({} keys)", keys.len()),
            Self::File(path) => write!(f, "File({})", path.display()),
        }
    }
}

impl MasterKeys {
    /// The keys; a file that is not there yet is made, for this user alone (mode 0600).
    ///
    /// # Errors
    /// A [`Fault`] when the file cannot be made, read or trusted.
    pub fn obtain(&self, entropy: &dyn Entropy) -> Result<Vec<MasterKey>, Fault> {
        let path = match self {
            Self::Given(keys) => return Ok(keys.clone()),
            Self::File(path) => path,
        };
        if !path.exists() {
            let text =
                Zeroizing::new(URL_SAFE_NO_PAD.encode(*Zeroizing::new(random::<32>(entropy))));
            let suffix = URL_SAFE_NO_PAD.encode(random::<9>(entropy));
            create(path, &text, &suffix).map_err(|error| {
                let what = format!("cannot be made: {error}");
                let remedy = "make the folder writable, or set COUNTERSIGN_MASTER_KEY";
                Fault::new(path.display().to_string(), what, remedy)
            })?;
        }
        read(path)
    }

    /// The fault of a file that is there and cannot be used; makes nothing.
    pub(super) fn check(&self) -> Option<Fault> {
        match self {
            Self::File(path) if path.exists() => read(path).err(),
            _ => None,
        }
    }
}

/// Reads a list of keys separated by commas, each 32 bytes in base64 of either alphabet.
///
/// # Errors
/// What is wrong; the text is not repeated.
pub(super) fn parse(text: &str) -> Result<Vec<MasterKey>, &'static str> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    let keys: Vec<_> = items.map(one).collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(NOT_A_KEY) } else { Ok(keys) }
}

fn one(text: &str) -> Result<MasterKey, &'static str> {
    let canonical: Zeroizing<String> =
        Zeroizing::new(text.trim_end_matches('=').replace('+', "-").replace('/', "_"));
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(canonical.as_str()).map_err(|_| NOT_A_KEY)?);
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| NOT_A_KEY)?;
    let varied = key.windows(2).any(|pair| pair.first() != pair.last());
    if varied { Ok(key) } else { Err("repeats one byte: it was not made at random") }
}

/// A key from a secret of any length (HKDF-SHA-256, RFC 5869).
///
/// # Errors
/// When the derivation refuses, which it has no reason to.
pub(super) fn stretch(secret: &str) -> Result<MasterKey, &'static str> {
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign master key");
    let prk = salt.extract(secret.as_bytes());
    let mut key = Zeroizing::new([0; 32]);
    let okm = prk.expand(&[b"JWT_SECRET_KEY v1"], hkdf::HKDF_SHA256).map_err(|_| NOT_A_KEY)?;
    okm.fill(key.as_mut_slice()).map_err(|_| NOT_A_KEY)?;
    Ok(key)
}

/// Whether a secret was plainly not made at random: short, of few letters, or a placeholder that
/// guides print. Anybody could try these.
pub(super) fn is_guessable(secret: &str) -> bool {
    let letters: std::collections::BTreeSet<char> = secret.chars().collect();
    let plain: String = secret
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    secret.chars().count() < 16
        || letters.len() < 8
        || PLACEHOLDERS.iter().any(|p| plain.contains(p))
}

fn read(path: &Path) -> Result<Vec<MasterKey>, Fault> {
    let place = path.display().to_string();
    let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        let remedy = "let this user read it, or set COUNTERSIGN_MASTER_KEY";
        Fault::new(&*place, format!("cannot be read: {error}"), remedy)
    })?;
    if open_to_others(path) {
        let remedy = format!("chmod 600 {place}");
        return Err(Fault::new(place, "can be read by other users of this machine", remedy));
    }
    let remedy = "restore it from a backup; without it, what it sealed cannot be read again";
    parse(text.trim()).map_err(|what| Fault::new(place, what, remedy))
}

#[cfg(unix)]
fn open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> bool {
    false
}

/// Writes beside the place and links into it, so that the file is whole or absent, and of two
/// processes that start at once one wins and both read its key.
fn create(path: &Path, text: &str, suffix: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder().create(folder)?;
    let draft = folder.join(format!(".master.key.{suffix}"));
    let written = write(&draft, text).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    fs::remove_file(&draft).and(written)?;
    sync_folder(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn write(draft: &Path, text: &str) -> io::Result<()> {
    let mut file = private_file().open(draft)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

const NOT_A_KEY: &str = "is not 32 bytes in base64url";

const PLACEHOLDERS: [&str; 11] = [
    "changeme",
    "changethis",
    "default",
    "example",
    "insertyour",
    "password",
    "placeholder",
    "replaceme",
    "secretkey",
    "supersecret",
    "yoursecret",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::SeededEntropy;

    fn key(byte: u8) -> String {
        let mut bytes = [byte; 32];
        bytes[0] = 0;
        URL_SAFE_NO_PAD.encode(bytes)
    }

    #[test]
    fn a_list_of_keys_in_either_alphabet_is_read_in_order() {
        let text = format!("{}, {}=", key(0xFB), key(0xFF).replace('_', "/").replace('-', "+"));
        let keys = parse(&text).unwrap();
        assert_eq!(keys.iter().map(|key| key[1]).collect::<Vec<_>>(), [0xFB, 0xFF]);
    }

    #[test]
    fn short_long_and_constant_keys_are_refused() {
        let zeros = URL_SAFE_NO_PAD.encode([0; 32]);
        for text in ["", "abc", &key(1)[1..], &format!("{}AAAA", key(1)), &zeros] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn guessable_secrets_are_known_and_random_ones_are_not() {
        for secret in [
            "short",
            "your-secret-key-change-in-production",
            "CHANGE_ME_CHANGE_ME_CHANGE_ME",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "my_super_secret_jwt_token_123",
        ] {
            assert!(is_guessable(secret), "{secret}");
        }
        assert!(!is_guessable("qZ3v8LkT0pYwN5sB1xRgU7mE"));
    }

    #[test]
    fn a_stretched_secret_is_the_same_key_each_time() {
        assert_eq!(stretch("a").unwrap(), stretch("a").unwrap());
        assert_ne!(stretch("a").unwrap(), stretch("b").unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_made_once_for_this_user_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/master.key");
        let source = MasterKeys::File(path.clone());
        assert!(source.check().is_none() && !path.exists());
        let first = source.obtain(&SeededEntropy::new(1)).unwrap();
        let again = source.obtain(&SeededEntropy::new(2)).unwrap();
        assert_eq!(first, again);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(source.check().unwrap().remedy.starts_with("chmod 600"));
    }

    #[test]
    fn a_damaged_file_is_a_fault_and_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        write(&path, "damaged").unwrap();
        let source = MasterKeys::File(path.clone());
        let fault = source.obtain(&SeededEntropy::new(1)).unwrap_err();
        assert!(!fault.to_string().contains("damaged"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "damaged\n");
    }
}
