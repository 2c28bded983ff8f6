//! Where a ledger is kept: a file, or a PostgreSQL database. A password in an address is never shown.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a ledger is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum LedgerPlace {
    /// A file of SQLite's.
    File(PathBuf),
    /// The address of a PostgreSQL database; it may hold a password.
    Postgres(String),
}

/// What addresses of PostgreSQL databases begin with.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

impl From<OsString> for LedgerPlace {
    fn from(text: OsString) -> Self {
        match text.into_string() {
            Ok(text) if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) => {
                Self::Postgres(text)
            }
            Ok(text) => Self::File(text.into()),
            Err(text) => Self::File(text.into()),
        }
    }
}

impl From<&str> for LedgerPlace {
    fn from(text: &str) -> Self {
        OsString::from(text).into()
    }
}

impl From<&Path> for LedgerPlace {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for LedgerPlace {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for LedgerPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Postgres(address) => formatter.write_str(&without_password(address)),
        }
    }
}

impl fmt::Debug for LedgerPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.fmt(formatter),
            Self::Postgres(address) => without_password(address).fmt(formatter),
        }
    }
}

/// An address with `***` for its password, which stands after the user's name, or among the parameters.
fn without_password(address: &str) -> String {
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = address.split_at(scheme);
    let (rest, parameters) = match rest.split_once('?') {
        Some((rest, parameters)) => (rest, Some(parameters)),
        None => (rest, None),
    };
    // A password may hold any of the characters that end it, when somebody forgot to encode it.
    let rest = match rest.rsplit_once('@') {
        Some((user, host)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{host}"),
            None => format!("{user}@{host}"),
        },
        None => rest.to_owned(),
    };
    let parameters = parameters.map(|parameters| {
        let shown = parameters.split('&').map(|parameter| {
            let is_password = parameter
                .split('=')
                .next()
                .is_some_and(|name| name.to_ascii_lowercase().contains("pass"));
            if is_password {
                "password=***"
            } else {
                parameter
            }
        });
        format!("?{}", shown.collect::<Vec<_>>().join("&"))
    });
    format!("{scheme}{rest}{}", parameters.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (address, shown) in [
            ("a/file.db", "a/file.db"),
            ("postgres:file", "postgres:file"),
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://ann@host/db", "postgres://ann@host/db"),
            (
                "postgres://ann:secret@host/db",
                "postgres://ann:***@host/db",
            ),
            (
                "postgresql://ann:se:c@ret/@host:5/db",
                "postgresql://ann:***@host:5/db",
            ),
            (
                "postgres://ann@/db?host=/run&password=secret&sslmode=require",
                "postgres://ann@/db?host=/run&password=***&sslmode=require",
            ),
        ] {
            let place = LedgerPlace::from(address);
            assert_eq!(place.to_string(), shown);
            assert_eq!(format!("{place:?}"), format!("{shown:?}"));
        }
    }
}
