//! The dashboard.
pub(crate) mod load;
