//! A fixed number of threads that compute, away from the threads that serve connections.
//!
//! Work comes in batches, one a request. The threads take one item from each waiting batch in
//! turn, so that a single edit does not wait for a large batch that came before it. The number of
//! waiting items is bounded: what does not fit is refused at once, not later. Items of a request
//! that nobody waits for any more (the client left, the deadline passed) are skipped; an item
//! that is being computed is never interrupted. The pool knows nothing of edits.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

/// Threads and what waits for them.
pub struct Pool {
    shared: Arc<Shared>,
    n_threads: usize,
}

struct Shared {
    state: Mutex<State>,
    is_work_waiting: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    batches: VecDeque<std::vec::IntoIter<Task>>,
    n_waiting: usize,
    is_closed: bool,
}

type Task = Box<dyn FnOnce() + Send>;

/// One computed item.
#[derive(Debug)]
pub struct Done<T> {
    /// The result; `None` when computing it panicked.
    pub value: Option<T>,
    /// How long the item waited for a thread.
    pub waited: Duration,
}

/// Why a batch has no results.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PoolError {
    /// Too much is waiting already.
    #[error("the queue is full")]
    Full,
    /// Not all of it was computed in time.
    #[error("the deadline has passed")]
    DeadlinePassed,
}

impl Pool {
    /// Starts the threads; 0 starts one for each core. At most `capacity` items wait, but an idle
    /// pool takes one batch of any size.
    ///
    /// # Errors
    /// When the system has no more threads.
    pub fn start(n_threads: usize, capacity: usize) -> std::io::Result<Self> {
        let n_threads = match n_threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            n => n,
        };
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            is_work_waiting: Condvar::new(),
            capacity,
        });
        let pool = Self { shared, n_threads };
        for thread_idx in 0..n_threads {
            let shared = Arc::clone(&pool.shared);
            std::thread::Builder::new()
                .name(format!("score-{thread_idx}"))
                .spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// Computes every item, in any order, and gives the results in the order of the items.
    ///
    /// # Errors
    /// At once when the queue is full, and at the deadline when something is missing.
    pub async fn run<I, T>(
        &self,
        items: Vec<I>,
        deadline: Instant,
        compute: impl Fn(I) -> T + Send + Sync + 'static,
    ) -> Result<Vec<Done<T>>, PoolError>
    where
        I: Send + 'static,
        T: Send + 'static,
    {
        let mut results: Vec<Option<Done<T>>> = Vec::new();
        results.resize_with(items.len(), || None);
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let (compute, submitted) = (Arc::new(compute), Instant::now());
        let tasks = items.into_iter().enumerate().map(|(idx, item)| {
            let (compute, sender) = (Arc::clone(&compute), sender.clone());
            Box::new(move || {
                if sender.is_closed() || Instant::now() >= deadline {
                    return;
                }
                let waited = submitted.elapsed();
                let value = catch_unwind(AssertUnwindSafe(|| compute(item))).ok();
                // Nobody may be waiting any more.
                let _ = sender.send((idx, Done { value, waited }));
            }) as Task
        });
        self.submit(tasks.collect())?;
        drop(sender);
        let collect = async {
            while let Some((idx, done)) = receiver.recv().await {
                results[idx] = Some(done);
            }
        };
        // What was skipped, or comes too late, is missing below.
        let _ = tokio::time::timeout_at(deadline.into(), collect).await;
        results
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .ok_or(PoolError::DeadlinePassed)
    }

    /// Lets a thread do this some time, when nothing waits for one; says whether it will be done.
    pub fn run_if_idle(&self, task: impl FnOnce() + Send + 'static) -> bool {
        let task: Task = Box::new(move || {
            // The panic hook has logged it.
            let _ = catch_unwind(AssertUnwindSafe(task));
        });
        let mut state = self.shared.lock();
        if state.n_waiting > 0 {
            return false;
        }
        state.n_waiting += 1;
        state.batches.push_back(vec![task].into_iter());
        self.shared.is_work_waiting.notify_one();
        true
    }

    /// Whether so many items more would not be refused now.
    pub(crate) fn has_room_for(&self, n_items: usize) -> bool {
        let n_waiting = self.n_waiting();
        n_waiting == 0 || n_waiting + n_items <= self.shared.capacity
    }

    /// The number of threads.
    pub fn n_threads(&self) -> usize {
        self.n_threads
    }

    /// The number of items that wait for a thread.
    pub fn n_waiting(&self) -> usize {
        self.shared.lock().n_waiting
    }

    fn submit(&self, tasks: Vec<Task>) -> Result<(), PoolError> {
        let mut state = self.shared.lock();
        if state.n_waiting > 0 && state.n_waiting + tasks.len() > self.shared.capacity {
            return Err(PoolError::Full);
        }
        state.n_waiting += tasks.len();
        state.batches.push_back(tasks.into_iter());
        self.shared.is_work_waiting.notify_all();
        Ok(())
    }
}

impl Drop for Pool {
    /// The threads end when they have computed what waits.
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.is_work_waiting.notify_all();
    }
}

impl Shared {
    fn work(&self) {
        while let Some(task) = self.next_task() {
            task();
        }
    }

    /// Waits for a task; `None` when the pool is gone.
    fn next_task(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            while let Some(mut batch) = state.batches.pop_front() {
                if let Some(task) = batch.next() {
                    state.n_waiting -= 1;
                    if batch.len() > 0 {
                        state.batches.push_back(batch);
                    }
                    return Some(task);
                }
            }
            if state.is_closed {
                return None;
            }
            state = self
                .is_work_waiting
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// No task runs under the lock, so a poisoned one is still in order.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    /// Occupies the only thread until the returned sender is dropped.
    async fn occupy(pool: &Arc<Pool>) -> std::sync::mpsc::Sender<()> {
        let (release, released) = std::sync::mpsc::channel::<()>();
        let (started, is_started) = tokio::sync::oneshot::channel();
        let pool = Arc::clone(pool);
        tokio::spawn(async move {
            let item = vec![(started, released)];
            let run = pool.run(item, soon(), |(started, released)| {
                let _ = started.send(());
                let _ = released.recv();
            });
            run.await
        });
        is_started.await.unwrap();
        release
    }

    fn values<T>(done: Result<Vec<Done<T>>, PoolError>) -> Vec<Option<T>> {
        done.unwrap().into_iter().map(|done| done.value).collect()
    }

    #[tokio::test]
    async fn results_keep_the_order_of_the_items() {
        let pool = Pool::start(3, 1).unwrap();
        let squares = values(pool.run((0..100).collect(), soon(), |n: u32| n * n).await);
        assert_eq!(squares, (0..100).map(|n| Some(n * n)).collect::<Vec<_>>());
        assert_eq!(values(pool.run(Vec::new(), soon(), |n: u32| n).await), []);
    }

    #[tokio::test]
    async fn a_panic_costs_its_item_alone() {
        let pool = Pool::start(1, 10).unwrap();
        let halves = values(pool.run(vec![4, 0, 2], soon(), |n: u32| 8 / n).await);
        assert_eq!(halves, [Some(2), None, Some(4)]);
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let pool = Arc::new(Pool::start(1, 3).unwrap());
        let release = occupy(&pool).await;
        let waiting = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { values(pool.run(vec![1, 2], soon(), |n: u32| n).await) }
        });
        while pool.n_waiting() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            pool.run(vec![1, 2], soon(), |n: u32| n).await.unwrap_err(),
            PoolError::Full
        );
        drop(release);
        assert_eq!(waiting.await.unwrap(), [Some(1), Some(2)]);
        assert_eq!(
            values(pool.run(vec![1, 2], soon(), |n: u32| n).await),
            [Some(1), Some(2)]
        );
    }

    #[tokio::test]
    async fn what_is_late_is_given_up() {
        let pool = Arc::new(Pool::start(1, 3).unwrap());
        let release = occupy(&pool).await;
        let late = pool
            .run(
                vec![1],
                Instant::now() + Duration::from_millis(1),
                |n: u32| n,
            )
            .await;
        assert_eq!(late.unwrap_err(), PoolError::DeadlinePassed);
        drop(release);
        assert_eq!(
            values(pool.run(vec![1], soon(), |n: u32| n).await),
            [Some(1)]
        );
    }

    #[tokio::test]
    async fn a_single_item_does_not_wait_for_a_large_batch() {
        let pool = Arc::new(Pool::start(1, 1_000).unwrap());
        let release = occupy(&pool).await;
        let order = Arc::new(Mutex::new(Vec::new()));
        let submit = |items: Vec<u32>| {
            let (pool, order) = (Arc::clone(&pool), Arc::clone(&order));
            tokio::spawn(async move {
                let run = pool.run(items, soon(), move |item| order.lock().unwrap().push(item));
                run.await.map(|_| ())
            })
        };
        let large = submit((0..100).collect());
        while pool.n_waiting() < 100 {
            tokio::task::yield_now().await;
        }
        let single = submit(vec![999]);
        while pool.n_waiting() < 101 {
            tokio::task::yield_now().await;
        }
        drop(release);
        single.await.unwrap().unwrap();
        large.await.unwrap().unwrap();
        let place = order.lock().unwrap().iter().position(|item| *item == 999);
        assert_eq!(place, Some(1));
    }
}
