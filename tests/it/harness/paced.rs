//! Requests that stop before each verb of the store, to be led on in every order there is. The flows,
//! the routes and the store are the real ones; only whose turn it is comes from here.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::Pin,
    task::{Poll, Waker},
    time::Duration,
};

use tokio::sync::oneshot;

/// Something under way, such as a request.
pub(crate) type Doing<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Lets a verb go on.
type Gate = oneshot::Sender<()>;

thread_local! {
    static PACED: Cell<bool> = const { Cell::new(false) };
    static ARRIVED: Cell<Option<Gate>> = const { Cell::new(None) };
    static LEADER: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Before a verb of the store: here a request under [`Orders::run`] waits for its turn, in whatever task
/// its work is done.
pub(super) async fn turn() {
    if PACED.get() {
        let (gate, opened) = oneshot::channel();
        ARRIVED.set(Some(gate));
        LEADER.with_borrow(|leader| leader.as_ref().map(Waker::wake_by_ref));
        opened.await.unwrap_or_default();
    }
}

/// Something under way that stands before a verb.
struct Live<'a, T> {
    number: usize,
    doing: Doing<'a, T>,
    gate: Option<Gate>,
}

/// The orders tried so far: at each moment, which of how many went on.
#[derive(Default)]
pub(crate) struct Orders {
    chosen: Vec<(usize, usize)>,
    at: usize,
}

/// Runs `once` in every order that its requests can take, `most` at most; how many there were.
pub(crate) async fn in_every_order(most: usize, mut once: impl AsyncFnMut(&mut Orders)) -> usize {
    let mut orders = Orders::default();
    for tried in 1..=most {
        once(&mut orders).await;
        if !orders.advance() {
            eprintln!("{tried} orders");
            return tried;
        }
    }
    panic!("more than {most} orders");
}

impl Orders {
    /// Leads these on, one at a time from one verb to the next, until all are done.
    pub(crate) async fn run<T>(&mut self, all: Vec<Doing<'_, T>>) -> Vec<T> {
        PACED.set(true);
        let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
        let mut all_live = Vec::new();
        for (number, doing) in all.into_iter().enumerate() {
            // Before the first verb nothing is shared: no order of it matters.
            let mut live = Live { number, doing, gate: None };
            done[number] = live.until_next_verb().await;
            all_live.extend(done[number].is_none().then_some(live));
        }
        while !all_live.is_empty() {
            let next = self.choose(all_live.len());
            if let Some(value) = all_live[next].until_next_verb().await {
                done[all_live.remove(next).number] = Some(value);
            }
        }
        PACED.set(false);
        done.into_iter().map(Option::unwrap).collect()
    }

    /// One of `among` possibilities; another one each time round, until all were chosen.
    pub(crate) fn choose(&mut self, among: usize) -> usize {
        if self.at == self.chosen.len() {
            self.chosen.push((0, among));
        }
        let (choice, before) = self.chosen[self.at];
        assert_eq!(among, before, "the same beginning leads to the same place");
        self.at += 1;
        choice
    }

    /// The next order; false when there is none.
    fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((choice, among)) = self.chosen.pop() {
            if choice + 1 < among {
                self.chosen.push((choice + 1, among));
                return true;
            }
        }
        false
    }
}

impl<T> Live<'_, T> {
    /// What it came to, unless it came to another verb. Nobody else is on the way meanwhile.
    async fn until_next_verb(&mut self) -> Option<T> {
        if let Some(gate) = self.gate.take() {
            gate.send(()).unwrap();
        }
        let step = poll_fn(|context| {
            LEADER.set(Some(context.waker().clone()));
            if let Poll::Ready(value) = self.doing.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            self.gate = ARRIVED.take();
            if self.gate.is_some() { Poll::Ready(None) } else { Poll::Pending }
        });
        let waits = "it waits for another, whose turn it is not";
        tokio::time::timeout(Duration::from_mins(1), step).await.expect(waits)
    }
}
