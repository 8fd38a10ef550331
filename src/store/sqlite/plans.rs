//! How SQLite goes about the statements that run again and again over large tables.

use rusqlite::Connection;

use super::migrate;
use crate::store::sql;

fn plan(statement: &str) -> Vec<String> {
    let mut db = Connection::open_in_memory().unwrap();
    migrate::migrate(&mut db).unwrap();
    let mut explained = db.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    let count = explained.parameter_count();
    let steps = explained
        .query_map(rusqlite::params_from_iter(vec![1_i64; count]), |row| row.get(3))
        .unwrap();
    steps.map(Result::unwrap).collect()
}

#[test]
fn every_sweep_goes_by_its_index_and_sorts_nothing() {
    for sweep in &sql::SWEEPS {
        let plan = plan(sweep.sql);
        let by_end = |step: &String| step.contains("USING") && step.contains("_by_e");
        assert!(plan.iter().any(by_end), "{}: {plan:?}", sweep.sql);
        for step in plan {
            assert!(!step.starts_with("SCAN") && !step.contains("B-TREE"), "{}: {step}", sweep.sql);
        }
    }
}

#[test]
fn the_latest_revocations_are_answered_by_their_index_alone() {
    let plan = plan(sql::REVOKED_SINCE);
    assert_eq!(plan.len(), 1, "{plan:?}");
    assert!(plan[0].contains("USING COVERING INDEX grants_by_revocation"), "{plan:?}");
}
