//! What waits to be written: bounded, and never waited for by who scores.
//!
//! A place is taken by every change from when it is put in until it is written, dropped or refused, so
//! that what is tried again does not come on top of what came meanwhile.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::LedgerError;
use super::store::Change;

/// Who is told what became of changes.
pub(super) type Acknowledge = oneshot::Sender<Result<(), LedgerError>>;

/// Changes that are written together.
pub(super) struct Item {
    pub(super) changes: Vec<Change>,
    /// `None` where nobody waits: such changes are tried again.
    pub(super) acknowledge: Option<Acknowledge>,
}

/// The queue.
pub(super) struct Queue {
    state: Mutex<State>,
    capacity: usize,
    is_changed: Notify,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    /// Changes of the items, and of those that are being written.
    n_changes: usize,
    is_closed: bool,
}

impl Queue {
    /// A queue for so many changes.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            capacity,
            is_changed: Notify::new(),
        }
    }

    /// Puts an item in.
    ///
    /// # Errors
    /// Gives why not, and the item back, when it has no place or nothing is taken any more.
    pub(super) fn push(&self, item: Item) -> Result<(), (LedgerError, Item)> {
        let mut state = self.state();
        if state.is_closed {
            return Err((LedgerError::Closed, item));
        }
        let n_changes = state.n_changes + item.changes.len();
        // Into an empty queue goes whatever comes: it would never have a place otherwise.
        if n_changes > self.capacity && state.n_changes > 0 {
            return Err((LedgerError::Busy, item));
        }
        state.n_changes = n_changes;
        state.items.push_back(item);
        drop(state);
        self.is_changed.notify_one();
        Ok(())
    }

    /// Waits for items, and takes those that are there, up to so many changes or one item; `None` when
    /// there are none and will be none. Their places stay taken.
    pub(super) async fn take(&self, n_most: usize) -> Option<Vec<Item>> {
        loop {
            {
                let mut state = self.state();
                if !state.items.is_empty() {
                    let mut taken = Vec::new();
                    let mut n = 0;
                    while let Some(item) = state.items.front()
                        && (taken.is_empty() || n + item.changes.len() <= n_most)
                    {
                        n += item.changes.len();
                        taken.extend(state.items.pop_front());
                    }
                    return Some(taken);
                }
                if state.is_closed {
                    return None;
                }
            }
            self.is_changed.notified().await;
        }
    }

    /// Puts items back to the front, in whose places they still are.
    pub(super) fn put_back(&self, items: Vec<Item>) {
        let mut state = self.state();
        for item in items.into_iter().rev() {
            state.items.push_front(item);
        }
    }

    /// Gives so many changes' places free.
    pub(super) fn free(&self, n_changes: usize) {
        let mut state = self.state();
        state.n_changes = state.n_changes.saturating_sub(n_changes);
    }

    /// Takes out the items that somebody waits for.
    pub(super) fn take_awaited(&self) -> Vec<Item> {
        let mut state = self.state();
        let items = std::mem::take(&mut state.items);
        let (awaited, others): (Vec<Item>, Vec<Item>) = items
            .into_iter()
            .partition(|item| item.acknowledge.is_some());
        state.items = others.into();
        awaited
    }

    /// Takes nothing more in.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.is_changed.notify_one();
    }

    /// Changes that are not written yet.
    pub(super) fn n_changes(&self) -> usize {
        self.state().n_changes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::revision::RevisionId;

    fn item(n: usize, acknowledge: Option<Acknowledge>) -> Item {
        let change = Change::Unjudged {
            wiki: "papwiki".into(),
            revision: RevisionId(1),
            by: "ana".to_owned(),
        };
        Item {
            changes: vec![change; n],
            acknowledge,
        }
    }

    fn sizes(items: &[Item]) -> Vec<usize> {
        items.iter().map(|item| item.changes.len()).collect()
    }

    #[tokio::test]
    async fn places_are_free_when_changes_are_done_with() {
        let queue = Queue::new(5);
        for n in [2, 2] {
            assert!(queue.push(item(n, None)).is_ok());
        }
        assert!(matches!(
            queue.push(item(2, None)),
            Err((LedgerError::Busy, _))
        ));
        let taken = queue.take(3).await.unwrap();
        assert_eq!(sizes(&taken), [2]);
        assert_eq!(queue.n_changes(), 4);
        assert!(queue.push(item(2, None)).is_err());
        queue.put_back(taken);
        let taken = queue.take(4).await.unwrap();
        assert_eq!(sizes(&taken), [2, 2]);
        queue.free(4);
        // One that is larger than the queue goes in when it is empty.
        assert!(queue.push(item(9, None)).is_ok());
        assert!(queue.push(item(1, None)).is_err());
        assert_eq!(sizes(&queue.take(1).await.unwrap()), [9]);
    }

    #[tokio::test]
    async fn who_waits_is_found_and_a_closed_queue_ends() {
        let queue = Queue::new(9);
        let (acknowledge, _acknowledged) = oneshot::channel();
        for item in [item(1, None), item(2, Some(acknowledge)), item(3, None)] {
            assert!(queue.push(item).is_ok());
        }
        assert_eq!(sizes(&queue.take_awaited()), [2]);
        queue.close();
        assert!(matches!(
            queue.push(item(1, None)),
            Err((LedgerError::Closed, _))
        ));
        assert_eq!(sizes(&queue.take(9).await.unwrap()), [1, 3]);
        assert!(queue.take(9).await.is_none());
    }
}
