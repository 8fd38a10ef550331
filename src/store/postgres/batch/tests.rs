use std::time::Duration;

use futures_util::{FutureExt as _, future::join_all, poll};
use tokio::{
    sync::Semaphore,
    time::{advance, sleep, timeout},
};

use super::*;

/// Doubles what is asked, each batch once it is let through; a zero is a panic, and a [`LOCKED`] one a
/// refusal, which takes a second.
struct Doubler {
    batch: Batch<u32, u32>,
    sizes: Arc<Mutex<Vec<usize>>>,
    gate: Arc<Semaphore>,
}

const LOCKED: u32 = u32::MAX;

fn doubler(lanes: usize) -> Doubler {
    let (sizes, gate) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Semaphore::new(0)));
    let (seen, through) = (Arc::clone(&sizes), Arc::clone(&gate));
    let ask = move |asked: Arc<[u32]>| {
        seen.lock().unwrap().push(asked.len());
        let through = Arc::clone(&through);
        async move {
            through.acquire().await.unwrap().forget();
            assert!(!asked.contains(&0), "on purpose");
            assert!(asked.is_sorted(), "all go in one order");
            if asked.contains(&LOCKED) {
                sleep(Duration::from_secs(1)).await;
                let error = StoreError::Unavailable("locked".to_owned());
                return Err(Refused { error, by_one: true });
            }
            Ok(asked.iter().map(|number| 2 * number).collect())
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
        self.gate.add_permits(1000);
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

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_one_fails_that_one() {
    let doubler = doubler(1);
    let answers = doubler.asked([1, 2, LOCKED, 3].into_iter()).await;
    assert!(answers[2].is_err());
    let others = answers.into_iter().enumerate().filter_map(|(at, end)| (at != 2).then_some(end));
    assert_eq!(doubled(others.collect()), [2, 4, 6]);
    assert_eq!(doubler.sizes(), [1, 3, 1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn while_some_are_asked_apart_the_lane_goes_on() {
    let doubler = doubler(1);
    let batch = &doubler.batch;
    let refused = join_all([LOCKED, LOCKED, LOCKED].map(|number| batch.ask(number)));
    let asked = async {
        // The first alone, the other two together, and those again.
        sleep(Duration::from_millis(2500)).await;
        let started = Instant::now();
        assert_eq!(batch.ask(4).await.unwrap(), 8);
        started.elapsed()
    };
    doubler.gate.add_permits(1000);
    let (refused, took) = futures_util::join!(refused, asked);
    assert!(refused.iter().all(Result::is_err) && took.is_zero(), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_waited_too_long_is_told_and_not_asked_for() {
    let doubler = doubler(1);
    let mut asking: Vec<_> = (1..=3).map(|number| Box::pin(doubler.batch.ask(number))).collect();
    for one in &mut asking {
        assert!(poll!(one).is_pending());
        tokio::task::yield_now().await;
    }
    advance(WAIT + Duration::from_millis(1)).await;
    let fresh = doubler.batch.ask(4);
    doubler.gate.add_permits(1000);
    let (answers, fresh) = futures_util::join!(join_all(asking), fresh);
    assert_eq!((answers[0].clone().unwrap(), fresh.unwrap()), (2, 8));
    for late in &answers[1..] {
        assert!(late.as_ref().unwrap_err().to_string().contains("nothing was changed"));
    }
    assert_eq!(doubler.sizes(), [1, 1]);
}

#[tokio::test]
async fn no_more_wait_than_there_is_room_for() {
    let doubler = doubler(1);
    doubler.gate.add_permits(1000);
    let room = u32::try_from(MOST_WAITING).unwrap();
    let mut answers = join_all((1..=room + 1).map(|number| doubler.batch.ask(number))).await;
    let last = answers.pop().unwrap();
    assert!(last.unwrap_err().to_string().contains("nothing was changed"));
    assert_eq!(doubled(answers).len(), MOST_WAITING);
}
