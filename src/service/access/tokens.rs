//! The file of tokens, and the subcommand that makes one.
//!
//! A file holds names, hashes and rights, as tables `[[token]]` of TOML:
//!
//! ```toml
//! [[token]]
//! name = "ada"
//! sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
//! rights = ["judge"]
//! ```

use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Parser;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Deserialize;
use toml::Spanned;

use super::token::{Right, Token, hash, hash_in_hex, hex};

/// Bytes of a token that is made here.
const TOKEN_BYTES: usize = 32;

/// All tokens.
#[derive(Clone, Default)]
pub struct Tokens(Vec<Token>);

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The file cannot be read.
    #[error("the tokens cannot be read from {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The file is something else.
    #[error(
        "the tokens in {} are not understood: {cause}\n(revscore-serve token NAME --rights judge prints a table as it should be)",
        path.display()
    )]
    Toml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        cause: toml::de::Error,
    },
    /// A value that cannot be.
    #[error(
        "expected {expected} in {}, line {line}, got {got:?} (revscore-serve token NAME --rights judge prints a table as it should be)",
        path.display()
    )]
    Value {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        got: String,
    },
    /// Nobody could read.
    #[error(
        "expected a token for --read-access token, got none (--tokens-file names a file of tokens; revscore-serve token NAME --rights read makes one)"
    )]
    NoReader,
    /// The system gives no randomness.
    #[error("no token can be made: the system gives no random bytes")]
    NoRandomness,
}

/// Makes a token: prints it once, and the table to add to the file of tokens
#[derive(Debug, Parser)]
#[command(name = "revscore-serve token")]
pub struct TokenCommand {
    /// Whose it is: letters, digits, - and _
    name: String,

    /// What it may be used for, with commas between
    #[arg(long, value_enum, value_delimiter = ',', required = true)]
    rights: Vec<Right>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Spanned<String>,
    sha256: Spanned<String>,
    rights: Vec<Right>,
}

impl Tokens {
    /// Reads a file of tokens.
    ///
    /// # Errors
    /// When it cannot be read, or one of its tables is not understood.
    pub fn read(path: &Path) -> Result<Self, TokensError> {
        let text = std::fs::read_to_string(path).map_err(|cause| TokensError::Read {
            path: path.to_owned(),
            cause,
        })?;
        Self::parse(&text, path)
    }

    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, TokensError> {
        let file: File = toml::from_str(text).map_err(|cause| TokensError::Toml {
            path: path.to_owned(),
            cause,
        })?;
        let mut tokens: Vec<Token> = Vec::new();
        for Table {
            name,
            sha256,
            rights,
        } in file.token
        {
            let wrong = |expected, span: Range<usize>, got: &str| TokensError::Value {
                path: path.to_owned(),
                line: text[..span.start].lines().count().max(1),
                expected,
                got: got.to_owned(),
            };
            if !is_name(name.get_ref()) {
                let expected = "a name of letters, digits, - and _, at most 64";
                return Err(wrong(expected, name.span(), name.get_ref()));
            }
            if tokens.iter().any(|token| token.name() == name.get_ref()) {
                let expected = "a name that no other token has";
                return Err(wrong(expected, name.span(), name.get_ref()));
            }
            let Some(hash) = bytes_of(sha256.get_ref()) else {
                let expected = "the SHA-256 of the token as 64 hexadecimal digits";
                return Err(wrong(expected, sha256.span(), sha256.get_ref()));
            };
            tokens.push(Token::of_hash(name.get_ref(), hash, rights));
        }
        Ok(Self(tokens))
    }

    /// With the token of administration, where there is one. It has its own file, and so takes no other
    /// token's place, whatever the names.
    pub fn with_admin(mut self, token: Option<Token>) -> Self {
        self.0.extend(token);
        self
    }

    #[cfg(test)]
    pub(super) fn of(tokens: Vec<Token>) -> Self {
        Self(tokens)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Token> {
        self.0.iter()
    }

    /// The token that this is. Every one is looked at, whichever it is.
    pub(super) fn find(&self, token: &str) -> Option<&Token> {
        let hash = hash(token);
        let mut found = None;
        for token in &self.0 {
            if super::is_equal(token.hash(), &hash) {
                found = Some(token);
            }
        }
        found
    }
}

impl TokenCommand {
    /// Makes the token; gives what to print on standard output (the table) and on standard error (the
    /// token, and what to do).
    ///
    /// # Errors
    /// When the name cannot be one, or there is no randomness.
    pub fn make(&self) -> Result<(String, String), TokensError> {
        if !is_name(&self.name) {
            return Err(TokensError::Value {
                path: "the command line".into(),
                line: 1,
                expected: "a name of letters, digits, - and _, at most 64",
                got: self.name.clone(),
            });
        }
        let mut bytes = [0; TOKEN_BYTES];
        let random = SystemRandom::new().fill(&mut bytes);
        random.map_err(|_| TokensError::NoRandomness)?;
        let token = hex(&bytes);
        let rights: Vec<String> = self
            .rights
            .iter()
            .map(|right| format!("\"{}\"", right.name()))
            .collect();
        let table = format!(
            "[[token]]\nname = \"{}\"\nsha256 = \"{}\"\nrights = [{}]\n",
            self.name,
            hash_in_hex(&token),
            rights.join(", ")
        );
        let said = format!(
            "the token of {}, which is shown this once:\n  {token}\nadd the table to the file of --tokens-file and start the service again:\n",
            self.name
        );
        Ok((table, said))
    }
}

/// Names stand in cookies and in exports.
fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    (1..=64).contains(&name.len()) && name.chars().all(is_plain)
}

/// The bytes of a hash in hexadecimal digits.
fn bytes_of(hex: &str) -> Option<[u8; 32]> {
    let is_hex = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut bytes = [0; 32];
    for (idx, byte) in bytes.iter_mut().enumerate().filter(|_| is_hex) {
        *byte = u8::from_str_radix(&hex[2 * idx..2 * idx + 2], 16).ok()?;
    }
    is_hex.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        let error = Tokens::parse(text, Path::new("t.toml"));
        let error = error.err().map(|error| error.to_string());
        assert!(
            error.as_ref().is_some_and(|error| error.contains(expected)),
            "{error:?}"
        );
    }

    #[test]
    fn errors_name_file_line_and_remedy() {
        let hash = "0".repeat(64);
        let remedy = "(revscore-serve token NAME --rights judge prints a table as it should be)";
        check_error("[[token]]\nname = 'a'", "in t.toml are not understood: ");
        check_error("[[token]]\nname = 'a'", remedy);
        check_error(
            &format!("[[token]]\nname = 'a'\nsha256 = '{hash}'\nrights = ['rule']"),
            "unknown variant `rule`, expected one of `read`, `judge`, `admin`",
        );
        check_error(
            "[[token]]\nname = 'a'\nsha256 = 'secret'\nrights = []",
            &format!(
                "expected the SHA-256 of the token as 64 hexadecimal digits in t.toml, line 3, got \"secret\" {remedy}"
            ),
        );
        check_error(
            &format!("[[token]]\nname = 'a b'\nsha256 = '{hash}'\nrights = []"),
            "expected a name of letters, digits, - and _, at most 64 in t.toml, line 2, got \"a b\"",
        );
        let twice = format!("[[token]]\nname = 'a'\nsha256 = '{hash}'\nrights = []\n").repeat(2);
        check_error(
            &twice,
            "expected a name that no other token has in t.toml, line 6",
        );
        check_error("tokens = []", "unknown field `tokens`");
    }

    #[test]
    fn a_made_token_is_found_by_the_table_that_was_made_with_it() {
        let command = TokenCommand {
            name: "ada".to_owned(),
            rights: vec![Right::Judge, Right::Read],
        };
        let (table, said) = command.make().unwrap();
        let tokens = Tokens::parse(&table, Path::new("t.toml")).unwrap();
        let token = said.lines().nth(1).unwrap().trim();
        assert_eq!(token.len(), 64);
        assert!(
            tokens
                .find(token)
                .is_some_and(|token| token.has(Right::Judge))
        );
        assert!(tokens.find(&token[1..]).is_none());
        assert_ne!(command.make().unwrap().0, table);
    }
}
