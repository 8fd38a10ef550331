//! How SQLite goes about the statements that run again and again over large tables.

use rusqlite::{Connection, StatementStatus};

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

/// A plan that was made for one value is made anew for every other one, which takes longer than the
/// reading.
#[test]
fn what_a_token_request_runs_is_planned_once() {
    use crate::store::sql::presented::{PERSON, PRESENT_CODE, PRESENT_GRANT};
    let db = super::writing(Connection::open_in_memory().unwrap()).unwrap();
    for sql in [
        PRESENT_CODE,
        PRESENT_GRANT,
        PERSON,
        sql::SPEND,
        sql::PUT_GRANT,
        sql::SWAP_GRANT,
        sql::SWAP_GRANT_AND_END,
    ] {
        let mut statement = db.prepare(sql).unwrap();
        for value in 1..4 {
            let values = vec![value; statement.parameter_count()];
            let mut rows = statement.query(rusqlite::params_from_iter(values)).unwrap();
            while rows.next().unwrap().is_some() {}
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
    }
}
