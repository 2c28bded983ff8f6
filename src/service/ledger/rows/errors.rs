//! What a database says when it does not do what it is asked.

use crate::service::ledger::store::StoreError;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(cause) => {
                let message = cause.message().to_owned();
                let code = cause.code().unwrap_or_default();
                match what_is_wrong(&code) {
                    Wrong::Room => Self::Full(message),
                    Wrong::Value => Self::NotUnderstood(message),
                    Wrong::Other => Self::Unusable(message),
                }
            }
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => {
                Self::NotUnderstood(error.to_string())
            }
            _ => Self::Unusable(error.to_string()),
        }
    }
}

/// A disk without room, a value that would never be taken, or anything else, which may pass.
#[derive(PartialEq, Eq, Debug)]
enum Wrong {
    Room,
    Value,
    Other,
}

/// SQLite gives decimal numbers, whose last byte is the primary code; PostgreSQL gives five characters, whose
/// first two are the class. No number of SQLite's has five digits.
fn what_is_wrong(code: &str) -> Wrong {
    if code.len() == 5 {
        return match (&code[..2], code) {
            // A full disk.
            (_, "53100") => Wrong::Room,
            // Data, integrity, and limits such as that of an index.
            ("22" | "23" | "54", _) => Wrong::Value,
            _ => Wrong::Other,
        };
    }
    match code.parse().map(|code: i32| code & 0xff) {
        Ok(13) => Wrong::Room,
        // Too large, a constraint, another type.
        Ok(18..=20) => Wrong::Value,
        _ => Wrong::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whether_trying_again_helps() {
        for (code, expected) in [
            ("13", Wrong::Room),
            ("2067", Wrong::Value),
            ("20", Wrong::Value),
            ("1", Wrong::Other),
            ("5", Wrong::Other),
            ("53100", Wrong::Room),
            ("22P05", Wrong::Value),
            ("23505", Wrong::Value),
            ("54000", Wrong::Value),
            ("40P01", Wrong::Other),
            ("57P01", Wrong::Other),
            ("", Wrong::Other),
        ] {
            assert_eq!(what_is_wrong(code), expected, "{code}");
        }
    }
}
