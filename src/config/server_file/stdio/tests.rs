use super::{super::*, *};
use crate::{config::lookup::Lookup, engine::policy::Upstream};

fn read(text: &str, look: &Lookup) -> (Option<StdioCommand>, Vec<(usize, String)>) {
    let public_url = Issuer::parse("http://localhost:8000").unwrap();
    let text = format!("path = \"/files\"\nname = \"Files\"\n{text}");
    let mut file = TomlFile::parse("servers/x.toml", &text, look);
    let place = Place { public_url: &public_url, loopback: true };
    let server = super::super::read(&mut file, "x", place).map(|server| server.settings);
    let line = |place: &str| place.rsplit(':').next().unwrap().parse().unwrap();
    let faults = file.into_faults().into_iter().map(|f| (line(&f.place), f.what)).collect();
    let command = server.and_then(|server| match server.upstream {
        Upstream::Stdio(command) => Some(command),
        _ => None,
    });
    (command, faults)
}

fn faults(text: &str) -> Vec<(usize, String)> {
    read(text, &Lookup::default()).1
}

#[test]
fn a_program_has_its_arguments_environment_folder_and_limits() {
    let text = r#"
command   = ["npx", "-y", "some-mcp-server", "a b; $(c)"]
directory = "/tmp"
processes = { per_person = 2, total = 8, idle = "90s", memory = "512MiB", cpu = "1h" }
[env]
API_KEY = "k-${KEY}"
"#;
    let (command, faults) = read(text, &Lookup::new([("KEY", "hush")]));
    assert_eq!(faults, []);
    let command = command.unwrap();
    assert_eq!((command.program.as_str(), command.arguments.len()), ("npx", 3));
    assert_eq!(command.arguments[2], "a b; $(c)");
    assert_eq!(command.directory, Some(PathBuf::from("/tmp")));
    assert_eq!(command.environment[0].value.as_str(), "k-hush");
    let expected = Processes {
        per_person: 2,
        total: 8,
        idle: Duration::from_secs(90),
        memory: Some(512 << 20),
        cpu: Some(Duration::from_hours(1)),
    };
    assert_eq!(command.processes, expected);
    assert!(!format!("{command:?}{:?}", command.environment).contains("hush"));
}

#[test]
fn what_a_file_does_not_say_has_a_default() {
    let (command, faults) = read("command = [\"/bin/true\"]", &Lookup::default());
    assert_eq!(faults, []);
    assert_eq!(command.unwrap().processes, Processes::default());
    assert!(
        read("command = [\"x\"]\nprocesses = { per_person = 100 }", &Lookup::default())
            .1
            .is_empty()
    );
}

#[test]
fn a_command_that_is_none_is_refused_at_its_line() {
    for (command, why) in [
        ("[]", "`command` is empty"),
        ("[\"\"]", "is no name of a program"),
        ("[\"./server\"]", "depends on where the service is started"),
        ("[\"bin/server\"]", "depends on where the service is started"),
        ("[\"npx -y server\"]", "looks like a whole command line"),
        ("[\"a\", \"\\u0000\"]", "holds a NUL"),
    ] {
        let faults = faults(&format!("command = {command}"));
        assert!(faults.len() == 1 && faults[0].0 == 3, "{command}: {faults:?}");
        assert!(faults[0].1.contains(why), "{command}: {faults:?}");
    }
    assert_eq!(faults("command = \"npx\"")[0].0, 3);
}

#[test]
fn a_command_and_an_upstream_exclude_each_other() {
    let both = faults("upstream = \"demo\"\ncommand = [\"x\"]");
    assert_eq!(both, [(4, "`command` and `upstream` both say who answers".to_owned())]);
}

#[test]
fn what_only_a_program_has_is_refused_for_another_server() {
    let told =
        faults("upstream = \"demo\"\ndirectory = \"/tmp\"\nprocesses = {}\n[env]\nA = \"1\"");
    assert_eq!(told.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [4, 5, 6]);
}

#[test]
fn an_environment_a_folder_and_limits_that_cannot_be_are_refused_all_at_once() {
    let text = "command = [\"x\"]\ndirectory = \"data\"\n[processes]\nper_person = 0\ntotal = 0\nidle = \"soon\"\nmemory = \"512\"\ncpu = \"0s\"\n[env]\n\"A=B\" = \"1\"\n\"1A\" = \"1\"\nB = \"\\u0000\"";
    let lines: Vec<_> = faults(text).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [4, 6, 7, 8, 9, 10, 12, 13, 14]);
    assert_eq!(faults("command = [\"x\"]\ndirectory = \"/no/such/folder\"")[0].0, 4);
    assert_eq!(faults("command = [\"x\"]\nprocesses = { per_person = 9, total = 8 }")[0].0, 4);
}

#[test]
fn memory_is_a_number_of_binary_units() {
    assert_eq!((bytes("16MiB"), bytes("2 GiB")), (Some(16 << 20), Some(2 << 30)));
    for text in ["", "1", "1MB", "15MiB", "-1GiB", "99999999999999GiB", "0GiB"] {
        assert_eq!(bytes(text), None, "{text}");
    }
}
