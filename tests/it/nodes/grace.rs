//! Lost responses, whichever node answers the client that asks again.

use std::collections::BTreeSet;

use super::Nodes;

#[tokio::test]
async fn a_lost_response_is_given_again_by_another_node() {
    let nodes = Nodes::of("alice").await;
    let given = nodes.turn(&nodes.here, &nodes.refresh).await.unwrap();
    for node in [&nodes.there, &nodes.here, &nodes.there] {
        assert_eq!(nodes.turn(node, &nodes.refresh).await.as_ref(), Ok(&given));
    }
}

#[tokio::test]
async fn once_the_successor_was_used_at_one_node_the_other_gives_no_grace() {
    let nodes = Nodes::of("alice").await;
    let given = nodes.turn(&nodes.here, &nodes.refresh).await.unwrap();
    let last = nodes.turn(&nodes.there, &given).await.unwrap();
    assert!(nodes.turn(&nodes.here, &nodes.refresh).await.unwrap_err().contains("revoked"));
    assert!(nodes.turn(&nodes.there, &last).await.is_err(), "and no branch of it lives on");
}

#[tokio::test]
async fn the_grace_ends_at_every_node_at_the_same_time() {
    let nodes = Nodes::of("alice").await;
    nodes.turn(&nodes.here, &nodes.refresh).await.unwrap();
    nodes.here.wait(29);
    assert!(nodes.turn(&nodes.there, &nodes.refresh).await.is_ok());
    nodes.here.wait(1);
    assert!(nodes.turn(&nodes.there, &nodes.refresh).await.unwrap_err().contains("revoked"));
}

/// Ten generations, each asked for by four requests at two nodes at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn however_requests_meet_at_two_nodes_there_is_one_living_branch() {
    let nodes = Nodes::of("alice").await;
    let mut token = nodes.refresh.clone();
    for _ in 0..10 {
        let turns = (0..4).map(|n| {
            let node = if n % 2 == 0 { &nodes.here } else { &nodes.there };
            nodes.turn(node, &token)
        });
        let answers = futures_util::future::join_all(turns).await;
        let successors: BTreeSet<_> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(successors.len(), 1);
        token = successors.into_iter().next().unwrap();
    }
    assert!(nodes.here.rows().contains("grants 1"), "{}", nodes.here.rows());
    assert!(nodes.turn(&nodes.there, &token).await.is_ok());
}
