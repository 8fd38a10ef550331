//! The start of a process: the program itself, its own environment, its own group.

use serde_json::json;

use super::{Setup, settings, text, variable};

#[tokio::test]
async fn no_shell_reads_the_arguments() {
    let mut settings = settings("");
    let odd = ["$(touch x)", "a b", "; exit 1", "*", "`id`", ""];
    settings.command.arguments.extend(odd.map(str::to_owned));
    let setup = Setup::of(settings);
    let result = setup.open("usr_alice").await.call("where", &json!({})).await;
    let arguments = result["arguments"].as_array().unwrap();
    assert_eq!(arguments[1..], odd.map(serde_json::Value::from));
}

#[tokio::test]
async fn the_environment_is_what_the_file_says_and_a_few_names_of_ours() {
    let mut settings = settings("");
    settings.inherited.push(variable("HOME", "/nowhere"));
    settings.inherited.push(variable("LANG", "C"));
    settings.command.environment = vec![variable("API_KEY", "k=1 $X"), variable("LANG", "C.UTF-8")];
    let path = settings.inherited[0].value.clone();
    let setup = Setup::of(settings);
    let result = setup.open("usr_alice").await.call("where", &json!({})).await;
    let mut environment = result["environment"].clone();
    environment.as_object_mut().unwrap().remove("LC_CTYPE"); // Python's own doing
    let expected =
        json!({"PATH": *path, "HOME": "/nowhere", "LANG": "C.UTF-8", "API_KEY": "k=1 $X"});
    assert_eq!(environment, expected);
}

#[tokio::test]
async fn it_leads_a_group_of_its_own_in_the_folder_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings("");
    settings.command.directory = Some(folder.path().to_owned());
    let setup = Setup::of(settings);
    let result = setup.open("usr_alice").await.call("where", &json!({})).await;
    assert_eq!(result["pid"], result["group"]);
    let real = folder.path().canonicalize().unwrap();
    assert_eq!(result["folder"].as_str(), real.to_str());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_502_and_the_log_says_what_to_do() {
    let log = crate::harness::Log::capture();
    for program in ["no-such-program", "/no/such/program", "/etc/passwd", "/tmp"] {
        let mut settings = settings("");
        program.clone_into(&mut settings.command.program);
        let setup = Setup::of(settings);
        let response = setup.initialize("usr_alice").await;
        assert_eq!(response.status(), 502, "{program}");
        let told = text(response).await;
        assert!(told.contains("cannot be started") && !told.contains(program), "{told}");
        assert!(
            log.text()
                .contains(&format!("{program} is no program that may be run here; install it"))
        );
    }
}

#[tokio::test]
async fn a_name_is_not_looked_for_where_the_service_was_started() {
    let mut settings = settings("");
    "test.sh".clone_into(&mut settings.command.program);
    assert!(std::path::Path::new("scripts/test.sh").is_file());
    for path in ["scripts", "./scripts", ":scripts", ""] {
        settings.inherited = vec![variable("PATH", path)];
        assert_eq!(
            Setup::of(settings.clone()).initialize("usr_alice").await.status(),
            502,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_is_502_and_the_log_says_so() {
    let log = crate::harness::Log::capture();
    let mut settings = settings("");
    settings.command.directory = Some("/no/such/folder".into());
    assert_eq!(Setup::of(settings).initialize("usr_alice").await.status(), 502);
    assert!(log.text().contains("the folder /no/such/folder is not there; make it"));
}

#[test]
fn secrets_of_the_file_are_not_printed() {
    let mut settings = settings("");
    settings.command.environment = vec![variable("API_KEY", "hush")];
    settings.command.arguments.push("--token=hush".to_owned());
    let printed = format!("{settings:?}");
    assert!(printed.contains("python") && !printed.contains("hush"), "{printed}");
}
