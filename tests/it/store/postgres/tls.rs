//! How a server proves who it is.

use countersign::store::Store as _;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::sync::OnceCell;

use super::super::samples::NOW;
use crate::harness::postgres::{Server, open};

/// An authority, and a server with a certificate from it for `localhost` alone.
struct Sealed {
    server: Server,
    roots: String,
}

async fn sealed() -> &'static Sealed {
    static SEALED: OnceCell<Sealed> = OnceCell::const_new();
    SEALED.get_or_init(make).await
}

async fn make() -> Sealed {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = names.signed_by(&key, &authority).unwrap();
    let server = tokio::task::spawn_blocking(|| Server::start("")).await.unwrap();
    let (certificate, key) = (
        server.file("server.pem", &certificate.pem()),
        server.file("server.key", &key.serialize_pem()),
    );
    let roots = server.file("roots.pem", &authority.pem()).display().to_string();
    let settings = format!(
        "ssl = on\nssl_cert_file = '{}'\nssl_key_file = '{}'",
        certificate.display(),
        key.display()
    );
    server.set("postgresql.conf", &settings).await;
    server.set("pg_hba.conf", "hostnossl all sealed all reject").await;
    let make = "CREATE ROLE sealed LOGIN";
    server.admin().await.batch_execute(make).await.unwrap();
    let make = "CREATE SCHEMA sealed AUTHORIZATION sealed";
    server.admin().await.batch_execute(make).await.unwrap();
    Sealed { server, roots }
}

impl Sealed {
    /// At this host, with these parameters.
    async fn open(&self, host: &str, parameters: &str) -> Result<(), String> {
        let parameters = parameters.replace("ROOTS", &self.roots);
        let url = format!("postgres://sealed@{host}:{}/postgres?{parameters}", self.server.port);
        let store = open(&url).await.map_err(|fault| fault.to_string())?;
        store.probe(NOW).await.map_err(|fault| fault.to_string())
    }
}

#[tokio::test]
async fn a_server_with_a_certificate_for_its_name_is_believed() {
    let sealed = sealed().await;
    sealed.open("localhost", "sslmode=verify-full&sslrootcert=ROOTS").await.unwrap();
    sealed.open("localhost", "sslrootcert=ROOTS").await.unwrap();
}

#[tokio::test]
async fn a_server_of_another_name_is_not_spoken_to() {
    let told = sealed().await.open("127.0.0.1", "sslrootcert=ROOTS").await.unwrap_err();
    assert!(told.contains("not valid for"), "{told}");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_spoken_to() {
    let told = sealed().await.open("localhost", "sslmode=verify-full").await.unwrap_err();
    assert!(told.contains("UnknownIssuer") || told.contains("unknown issuer"), "{told}");
}

#[tokio::test]
async fn encryption_without_proof_is_to_be_had_for_the_asking() {
    for mode in ["require", "prefer"] {
        sealed().await.open("127.0.0.1", &format!("sslmode={mode}")).await.unwrap();
    }
    let told = sealed().await.open("127.0.0.1", "sslmode=disable").await.unwrap_err();
    assert!(told.contains("pg_hba.conf"), "the server wants TLS: {told}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_where_it_has_to_prove_who_it_is() {
    let database = crate::harness::postgres::Database::fresh().await;
    for parameters in ["sslmode=require", "sslmode=verify-full"] {
        let told = open(&format!("{}?{parameters}", database.url)).await.unwrap_err().to_string();
        assert!(told.contains("server does not support TLS"), "{told}");
    }
}

#[tokio::test]
async fn authorities_that_cannot_be_read_are_named() {
    let told = sealed().await.open("localhost", "sslrootcert=nowhere.pem").await.unwrap_err();
    assert!(told.contains("sslrootcert=/nowhere.pem cannot be used"), "{told}");
}
