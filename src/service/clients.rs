//! How many requests one client has open: the fair share that a crowd of clients needs.
//!
//! A client is what a trusted proxy names in a header, or an address that connects. Names are only
//! kept while the client has a request open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Open requests by client.
pub(crate) struct Clients {
    /// 0 for no limit.
    limit: usize,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

/// One open request of a client.
pub(crate) struct ClientSlot {
    open: Arc<Mutex<HashMap<String, usize>>>,
    client: String,
}

impl Clients {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            open: Arc::default(),
        }
    }

    /// Takes one more request of a client; an error when it has too many. A client that is not
    /// known has no limit.
    pub(crate) fn admit(&self, client: Option<String>) -> Result<Option<ClientSlot>, usize> {
        let Some(client) = client.filter(|_| self.limit > 0) else {
            return Ok(None);
        };
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let n_open = open.entry(client.clone()).or_default();
        if *n_open >= self.limit {
            return Err(self.limit);
        }
        *n_open += 1;
        Ok(Some(ClientSlot {
            open: Arc::clone(&self.open),
            client,
        }))
    }
}

impl Drop for ClientSlot {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(n_open) = open.get_mut(&self.client) {
            *n_open -= 1;
            if *n_open == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_a_share_and_nobody_is_remembered() {
        let clients = Clients::new(1);
        let client = || Some("192.0.2.7".to_owned());
        let slot = clients.admit(client());
        assert!(slot.is_ok());
        assert_eq!(clients.admit(client()).err(), Some(1));
        assert!(clients.admit(Some("192.0.2.8".to_owned())).is_ok());
        assert!(clients.admit(None).is_ok());
        drop(slot);
        assert!(clients.admit(client()).is_ok());
        assert!(clients.open.lock().unwrap().is_empty());
    }

    #[test]
    fn no_limit_counts_nobody() {
        let clients = Clients::new(0);
        let slots: Vec<_> = (0..9)
            .map(|_| clients.admit(Some("a".to_owned())))
            .collect();
        assert!(slots.iter().all(Result::is_ok));
        assert!(clients.open.lock().unwrap().is_empty());
    }
}
