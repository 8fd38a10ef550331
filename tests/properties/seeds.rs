//! Every seed of every fuzz target, in the ordinary run.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "a library to its fuzz targets")]
mod bodies;

use std::{collections::BTreeSet, fs, panic::catch_unwind, path::Path};

use self::bodies::TARGETS;

#[test]
fn what_a_fuzz_target_holds_to_is_so_of_every_seed() {
    let mut faults = Vec::new();
    for (target, run) in TARGETS {
        let (mut good, mut bad) = (0, 0);
        for seed in fs::read_dir(fuzz().join("seeds").join(target)).expect("a folder of seeds") {
            let path = seed.expect("a seed").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let (input, accepts) = (fs::read(&path).expect("a seed"), name.starts_with("good"));
            if catch_unwind(|| run(&input)).ok() != Some(accepts) {
                faults.push(format!("{target}/{name}"));
            }
            *if accepts { &mut good } else { &mut bad } += 1;
        }
        assert!(good >= 2 && bad >= 2, "{target} has {good} seeds to accept and {bad} to refuse");
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn every_fuzz_target_has_a_body_and_every_body_a_target() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).expect("a folder");
        let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
        entries.map(|entry| name(&entry.expect("an entry").path())).collect()
    };
    let bodies = TARGETS.map(|(name, _)| name.to_owned()).into();
    assert_eq!(names("fuzz_targets"), bodies);
    assert_eq!(names("seeds"), bodies);
}

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz"))
}
