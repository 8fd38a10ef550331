//! What every store promises: each claim is a function over any engine, run here for each of them.

mod clients;
mod codes;
mod fixtures;
mod grants;
mod issued;
mod keyring;
mod moment;
mod nodes;
mod others;
mod people;
mod postgres;
mod races;
mod samples;
mod sessions;
mod sign_ins;
mod sqlite;
mod upgrade;
mod users;

use std::sync::Arc;

use countersign::store::{Store, sqlite::Sqlite};

use crate::harness::postgres::Database;

type AnyStore = Arc<dyn Store>;

macro_rules! conformance {
    ($($room:ident: $($claim:ident)*;)*) => {
        mod sqlite_on_a_file {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    let folder = tempfile::tempdir().unwrap();
                    let store = super::Sqlite::open(&folder.path().join("test.db")).unwrap();
                    super::$room::$claim(std::sync::Arc::new(store)).await;
                }
            )*)*
        }

        mod sqlite_in_memory {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    let store = super::Sqlite::in_memory().unwrap();
                    super::$room::$claim(std::sync::Arc::new(store)).await;
                }
            )*)*
        }

        mod postgres_at_read_committed {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    let store = super::Database::fresh().await.open().await;
                    super::$room::$claim(std::sync::Arc::new(store)).await;
                }
            )*)*
        }

        mod postgres_at_serializable {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $claim() {
                    let store = super::Database::serializable().await.open().await;
                    super::$room::$claim(std::sync::Arc::new(store)).await;
                }
            )*)*
        }
    };
}

conformance! {
    clients:
        a_client_comes_back_as_it_was_put
        putting_a_client_again_replaces_it
        putting_a_client_again_does_not_shorten_its_life
        registering_a_client_again_keeps_the_record_and_the_later_end
        of_64_registrations_beside_a_use_none_shortens_the_life_of_the_client
        a_lapsed_client_is_not_found
        clients_are_listed_newest_first
        removing_a_client_revokes_its_grants_and_no_others
        a_code_of_a_removed_client_cannot_be_spent
        using_a_client_prolongs_its_life_and_never_shortens_it;
    sign_ins:
        a_sign_in_is_taken_once
        a_sign_in_is_not_taken_by_another_browser_or_provider
        a_lapsed_sign_in_is_not_taken
        of_64_parallel_takers_one_gets_the_sign_in;
    users:
        parallel_first_sign_ins_make_one_user
        a_returning_person_keeps_id_and_lock_and_gets_the_latest_name
        the_same_subject_of_another_provider_or_issuer_is_another_person
        subjects_that_differ_in_case_are_different_people;
    people:
        an_identity_holds_the_claims_last_given
        claims_are_held_for_known_identities_and_make_nobody
        a_linked_identity_finds_the_same_person
        an_identity_of_somebody_else_is_never_moved
        of_64_people_who_link_one_identity_one_gets_it
        unlinking_ends_what_came_by_that_identity_and_nothing_else
        the_last_identity_and_those_of_others_stay
        of_two_parallel_unlinks_one_identity_stays
        a_consent_comes_back_as_it_was_given_last
        a_persons_consents_are_listed_the_latest_first
        ending_an_identity_ends_what_came_by_it_and_leaves_it
        a_persons_grants_are_those_that_live
        disconnecting_ends_one_clients_grants_codes_and_consent
        a_disabled_person_loses_everything_and_may_be_let_in_again
        signing_out_ends_one_persons_browsers_codes_and_grants
        people_are_listed_the_one_seen_last_first;
    sessions:
        a_session_comes_back_until_it_ends
        a_new_session_ends_the_one_it_replaces
        a_session_and_its_code_are_written_both_or_neither
        who_was_locked_out_meanwhile_gets_no_session
        a_sessions_use_prolongs_it
        a_session_is_ended_once_and_no_use_revives_it
        a_persons_sessions_are_the_live_ones_latest_use_first
        sessions_that_ended_are_swept
        a_person_keeps_the_twenty_sessions_used_last;
    codes:
        a_code_comes_back_as_it_was_put_even_when_spent
        of_64_parallel_spends_one_is_first_and_the_grant_is_written_once
        a_code_is_presented_with_its_client_and_the_person_behind_it
        an_identity_of_somebody_else_stands_behind_nothing
        a_code_spent_without_a_grant_opens_none_later
        an_unknown_code_is_unknown
        a_spend_whose_grant_cannot_be_written_leaves_the_code_unspent
        a_failing_job_spoils_no_other;
    grants:
        a_grant_comes_back_as_it_was_written
        a_grant_that_is_refreshed_is_kept_until_its_new_end
        grants_that_end_together_go_half_a_day_from_the_times_of_their_making
        of_64_parallel_swaps_one_wins
        a_swap_loses_to_a_moved_generation
        a_swap_loses_to_a_given_grace
        a_revoked_grant_cannot_be_swapped
        a_grant_is_revoked_once_and_keeps_the_first_time
        revoked_grants_are_listed_from_a_moment_on;
    issued:
        an_opaque_token_stands_for_what_was_put
        an_opaque_token_of_a_revoked_grant_stands_for_nothing
        opaque_tokens_are_swept_an_hour_after_their_end
        a_personal_token_comes_back_with_its_grant_also_when_revoked
        a_personal_token_that_cannot_be_written_leaves_no_grant
        personal_tokens_are_listed_the_newest_first
        personal_tokens_are_no_connected_apps
        what_ends_a_person_ends_their_personal_tokens
        personal_tokens_are_swept_a_day_after_their_end;
    nodes:
        a_lease_is_held_by_one_and_prolonged_by_that_one
        a_lapsed_lease_is_taken_and_a_released_one_at_once
        of_64_parallel_takers_one_gets_the_lease
        an_epoch_ends_what_was_issued_and_leaves_who_is_known
        epochs_are_counted;
    keyring:
        a_signing_key_comes_back_as_it_was_put_in_the_order_of_making
        of_64_parallel_keys_of_one_generation_one_is_kept
        a_key_is_activated_sooner_and_never_later
        a_removed_key_is_gone_and_its_generation_free
        a_private_key_is_resealed_only_as_it_was_read
        identities_are_read_in_batches_each_once
        claims_are_resealed_only_as_they_were_read;
    races:
        what_is_spent_beside_a_sign_out_is_ended_by_it
        what_is_spent_beside_a_lock_out_is_ended_by_it
        what_is_spent_beside_a_disconnection_is_ended_by_it
        what_is_spent_beside_the_removal_of_a_client_is_ended_by_it
        of_22_parallel_sessions_a_person_keeps_twenty
        a_client_in_use_is_not_swept;
    others:
        an_id_with_a_nul_is_nobodys
        a_digest_is_fresh_once
        of_64_parallel_uses_one_is_first
        a_probe_writes
        a_sweep_deletes_only_what_lapsed
        a_sweep_deletes_no_more_than_it_may
        a_swept_store_still_recognises_a_replay;
}
