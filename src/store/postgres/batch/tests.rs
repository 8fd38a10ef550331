use std::time::Duration;

use futures_util::{FutureExt as _, future::join_all, poll};
use tokio::{sync::Semaphore, time::timeout};

use super::*;

/// Doubles what is asked, each batch once it is let through; a zero is a panic.
struct Doubler {
    batch: Batch<u32, u32>,
    sizes: Arc<Mutex<Vec<usize>>>,
    gate: Arc<Semaphore>,
}

fn doubler(lanes: usize) -> Doubler {
    let (sizes, gate) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
    let (seen, through) = (Arc::clone(&sizes), Arc::clone(&gate));
    let ask = move |asked: Vec<u32>| {
        seen.lock().unwrap().push(asked.len());
        let through = Arc::clone(&through);
        async move {
            through.acquire().await.unwrap().forget();
            assert!(!asked.contains(&0), "on purpose");
            assert!(asked.is_sorted(), "all go in one order");
            asked.into_iter().map(|number| Ok(2 * number)).collect()
        }
        .boxed()
    };
    Doubler { batch: Batch::new(lanes, ask), sizes, gate }
}

impl Doubler {
    /// The first has its batch under way, the others wait.
    async fn asked(&self, numbers: impl Iterator<Item = u32>) -> Vec<Result<u32, StoreError>> {
        let mut asking = Vec::new();
        for number in numbers {
            let mut one = Box::pin(self.batch.ask(number));
            assert!(poll!(&mut one).is_pending());
            tokio::task::yield_now().await;
            asking.push(one);
        }
        self.gate.add_permits(100);
        timeout(Duration::from_secs(5), join_all(asking)).await.unwrap()
    }

    fn sizes(&self) -> Vec<usize> {
        self.sizes.lock().unwrap().clone()
    }
}

fn doubled(answers: Vec<Result<u32, StoreError>>) -> Vec<u32> {
    answers.into_iter().map(Result::unwrap).collect()
}

#[tokio::test]
async fn what_comes_while_a_batch_is_under_way_is_asked_together() {
    let doubler = doubler(1);
    assert_eq!(doubled(doubler.asked([5, 9, 7, 8].into_iter()).await), [10, 18, 14, 16]);
    assert_eq!(doubler.sizes(), [1, 3]);
}

#[tokio::test]
async fn a_second_lane_waits_for_no_first() {
    let doubler = doubler(2);
    assert_eq!(doubled(doubler.asked(1..=4).await), [2, 4, 6, 8]);
    assert_eq!(doubler.sizes(), [1, 1, 2]);
}

#[tokio::test]
async fn no_batch_is_larger_than_one_may_be() {
    let doubler = doubler(1);
    assert_eq!(doubled(doubler.asked(1..=100).await).len(), 100);
    assert_eq!(doubler.sizes(), [1, 64, 35]);
}

#[tokio::test]
async fn a_caller_that_goes_away_keeps_nobody_waiting() {
    let doubler = doubler(1);
    for _ in 0..2 {
        let mut gone = Box::pin(doubler.batch.ask(1));
        assert!(poll!(&mut gone).is_pending());
        tokio::task::yield_now().await;
    }
    assert_eq!(doubled(doubler.asked(2..=3).await), [4, 6]);
    assert_eq!(doubler.sizes(), [1, 3], "what waits is asked");
}

#[tokio::test]
async fn after_a_panic_those_who_waited_are_told_and_the_next_are_answered() {
    let doubler = doubler(1);
    let answers = doubler.asked(0..=3).await;
    assert!(answers.iter().all(|end| matches!(end, Err(StoreError::Unavailable(_)))));
    assert_eq!(doubled(doubler.asked(1..=1).await), [2]);
}

#[tokio::test]
async fn a_panic_in_one_lane_ends_its_own_batch_alone() {
    let doubler = doubler(2);
    let answers = doubler.asked(0..=3).await;
    assert!(answers[0].is_err());
    assert_eq!(doubled(answers.into_iter().skip(1).collect()), [2, 4, 6]);
}
