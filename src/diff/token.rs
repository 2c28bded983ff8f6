//! Wikitext -> tokens: words, numbers, white space, punctuation, pieces of markup.
//!
//! Splits a text exactly as `wikitext_split` of the Python package deltas 0.7 does, because
//! revscoring's features count its tokens. What takes that package a regular expression with
//! backtracking is here one pass whose time is linear in the text, whatever it contains: a scan
//! for a closing `>` that found none is never repeated, all others look at a character at most
//! three times. Knows nothing of nesting; elements of markup are [`super::markup`]'s work.

use super::letters::{is_cjk, is_digit, is_letter_or_number, is_space, is_word};

/// A piece of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// Byte at which it starts.
    pub start: u32,
    /// Byte before which it ends.
    pub end: u32,
    /// What it is.
    pub kind: TokenKind,
}

impl Token {
    /// What it is in the text that was split.
    pub fn text<'a>(&self, text: &'a str) -> &'a str {
        &text[self.start as usize..self.end as usize]
    }
}

macro_rules! token_kinds {
    ($($(#[doc = $doc:literal])* $kind:ident = $name:literal,)*) => {
        /// Kinds of tokens.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TokenKind {
            $($(#[doc = $doc])* $kind,)*
        }

        impl TokenKind {
            /// Every kind, in the order of [`TokenKind::index`].
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The kind's name in deltas; `comment_end` and the like.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

token_kinds! {
    /// White space with at least two line ends in it.
    Break = "break",
    /// One line end, or spaces within a line.
    Whitespace = "whitespace",
    /// An address with its scheme, or one that begins with `//`.
    Url = "url",
    /// `=`, one or more.
    Equals = "equals",
    /// `|`.
    Bar = "bar",
    /// `&name;`.
    Entity = "entity",
    /// `<ref …>`.
    RefOpen = "ref_open",
    /// `</ref>`.
    RefClose = "ref_close",
    /// `<ref …/>`.
    RefSingleton = "ref_singleton",
    /// Any other tag in lower case, opening or closing.
    Tag = "tag",
    /// Decimal digits.
    Number = "number",
    /// `'''`.
    Bold = "bold",
    /// `''`.
    Italic = "italic",
    /// A punctuation mark of Japanese or Chinese.
    JapanPunct = "japan_punct",
    /// One ideograph, kana or the like.
    Cjk = "cjk",
    /// A word, with apostrophes inside it or at its end.
    Word = "word",
    /// `{|`.
    TabOpen = "tab_open",
    /// `[[`.
    DbrackOpen = "dbrack_open",
    /// `]]`.
    DbrackClose = "dbrack_close",
    /// `[`.
    BrackOpen = "brack_open",
    /// `]`.
    BrackClose = "brack_close",
    /// `(`.
    ParenOpen = "paren_open",
    /// `)`.
    ParenClose = "paren_close",
    /// `{{`.
    DcurlyOpen = "dcurly_open",
    /// `}}`.
    DcurlyClose = "dcurly_close",
    /// `{`.
    CurlyOpen = "curly_open",
    /// `}`.
    CurlyClose = "curly_close",
    /// `.`, one or more.
    Period = "period",
    /// `?`, one or more.
    Qmark = "qmark",
    /// `!`, one or more.
    Epoint = "epoint",
    /// `,`, one or more.
    Comma = "comma",
    /// `:`, one or more.
    Colon = "colon",
    /// `;`, one or more.
    Scolon = "scolon",
    /// `<!--`.
    CommentStart = "comment_start",
    /// `-->`.
    CommentEnd = "comment_end",
    /// A full stop of Devanagari, single or double.
    Danda = "danda",
    /// Any other character.
    Etc = "etc",
}

impl TokenKind {
    /// How many kinds there are.
    pub const COUNT: usize = Self::ALL.len();

    /// A number from 0 up to but not including [`TokenKind::COUNT`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether this is a word.
    pub fn is_word(self) -> bool {
        self == Self::Word
    }

    /// Whether revscoring counts it as markup. Italics are none: revscoring asks deltas for
    /// `italics`, which deltas calls `italic`. Nor is `|}`, of which deltas makes a bar and a brace.
    pub const fn is_markup(self) -> bool {
        matches!(
            self,
            Self::DbrackOpen
                | Self::DbrackClose
                | Self::BrackOpen
                | Self::BrackClose
                | Self::TabOpen
                | Self::DcurlyOpen
                | Self::DcurlyClose
                | Self::CurlyOpen
                | Self::CurlyClose
                | Self::Bold
                | Self::Equals
        )
    }

    /// Whether revscoring counts it as punctuation.
    pub fn is_punctuation(self) -> bool {
        matches!(
            self,
            Self::Period
                | Self::Qmark
                | Self::Epoint
                | Self::Comma
                | Self::Colon
                | Self::Scolon
                | Self::JapanPunct
        )
    }
}

/// The tokens of a text, which cover it without gaps. Positions are 32-bit: a text is read up to
/// its 4 GiB mark, and no wiki stores one of a thousandth of that.
pub fn tokenize(text: &str) -> Tokens<'_> {
    let end = text.floor_char_boundary(u32::MAX as usize);
    let text = &text[..end];
    Tokens {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        no_more_gt: false,
    }
}

/// Iterator over the tokens of a text.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a str,
    bytes: &'a [u8],
    pos: usize,
    /// Set when a search found no `>` in what is left of the text, so that it is not repeated.
    no_more_gt: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.pos;
        let first = *self.bytes.get(start)?;
        let (kind, end) = if first.is_ascii() {
            self.lex_ascii(start, first)
        } else {
            self.lex_other(start)
        };
        self.pos = end;
        Some(Token {
            start: start as u32,
            end: end as u32,
            kind,
        })
    }
}

impl Tokens<'_> {
    fn lex_ascii(&mut self, start: usize, first: u8) -> (TokenKind, usize) {
        let single = start + 1;
        let second = self.byte(start + 1);
        match first {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = ascii_run_end(self.bytes, single, is_ascii_word);
                // Nearly all words end with their ASCII letters; only before a colon may one have been a
                // scheme, because schemes are nothing but letters.
                match self.byte(end) {
                    b':' => match self.url_with_scheme(start) {
                        Some(end) => (TokenKind::Url, end),
                        None => (TokenKind::Word, end),
                    },
                    b'\'' | 0x80.. => (TokenKind::Word, self.word_end(end)),
                    _ => (TokenKind::Word, end),
                }
            }
            _ if is_ascii_blank(first) => {
                let end = ascii_run_end(self.bytes, single, is_ascii_blank);
                match self.byte(end) {
                    0x80.. => (TokenKind::Whitespace, self.spaces_end(end)),
                    _ => (TokenKind::Whitespace, end),
                }
            }
            b'0'..=b'9' => {
                let end = ascii_run_end(self.bytes, single, |byte| byte.is_ascii_digit());
                match self.byte(end) {
                    0x80.. => (TokenKind::Number, self.digits_end(end)),
                    _ => (TokenKind::Number, end),
                }
            }
            b'\n' | b'\r' => self.lex_line_end(start, first),
            b'[' if second == b'[' => (TokenKind::DbrackOpen, start + 2),
            b'[' => (TokenKind::BrackOpen, single),
            b']' if second == b']' => (TokenKind::DbrackClose, start + 2),
            b']' => (TokenKind::BrackClose, single),
            b'{' if second == b'|' => (TokenKind::TabOpen, start + 2),
            b'{' if second == b'{' => (TokenKind::DcurlyOpen, start + 2),
            b'{' => (TokenKind::CurlyOpen, single),
            b'}' if second == b'}' => (TokenKind::DcurlyClose, start + 2),
            b'}' => (TokenKind::CurlyClose, single),
            b'(' => (TokenKind::ParenOpen, single),
            b')' => (TokenKind::ParenClose, single),
            b'|' => (TokenKind::Bar, single),
            b'=' => (TokenKind::Equals, self.run_end(start, first)),
            b'.' => (TokenKind::Period, self.run_end(start, first)),
            b'?' => (TokenKind::Qmark, self.run_end(start, first)),
            b'!' => (TokenKind::Epoint, self.run_end(start, first)),
            b',' => (TokenKind::Comma, self.run_end(start, first)),
            b':' => (TokenKind::Colon, self.run_end(start, first)),
            b';' => (TokenKind::Scolon, self.run_end(start, first)),
            b'\'' if second == b'\'' => match self.byte(start + 2) {
                b'\'' => (TokenKind::Bold, start + 3),
                _ => (TokenKind::Italic, start + 2),
            },
            b'/' if second == b'/' => match self.address_end(start + 2) {
                Some(end) => (TokenKind::Url, end),
                None => (TokenKind::Etc, single),
            },
            b'-' if self.bytes[start..].starts_with(b"-->") => (TokenKind::CommentEnd, start + 3),
            b'<' => self.lex_tag(start),
            b'&' => match self.entity_end(start) {
                Some(end) => (TokenKind::Entity, end),
                None => (TokenKind::Etc, single),
            },
            _ => (TokenKind::Etc, single),
        }
    }

    fn lex_other(&self, start: usize) -> (TokenKind, usize) {
        let Some(c) = self.char(start) else {
            return (TokenKind::Etc, self.bytes.len());
        };
        let single = start + c.len_utf8();
        match c {
            _ if is_space(c) => (TokenKind::Whitespace, self.spaces_end(start)),
            '\u{3000}'..='\u{303F}' => (TokenKind::JapanPunct, single),
            _ if is_cjk(c) => (TokenKind::Cjk, single),
            _ if is_digit(c) => (TokenKind::Number, self.digits_end(start)),
            _ if is_word(c) => (TokenKind::Word, self.word_end(start)),
            '\u{0964}' | '\u{0965}' => (TokenKind::Danda, single),
            _ => (TokenKind::Etc, single),
        }
    }

    /// A line end, or white space up to its last line end when there are several. A carriage
    /// return belongs to the line end before it, or to the line feed after it.
    fn lex_line_end(&self, start: usize, first: u8) -> (TokenKind, usize) {
        let feed = if first == b'\n' { start } else { start + 1 };
        if self.byte(feed) != b'\n' {
            return (TokenKind::Etc, start + 1);
        }
        let mut last_feed = feed;
        for (at, c) in self.text[feed + 1..].char_indices() {
            match c {
                '\n' => last_feed = feed + 1 + at,
                _ if is_space(c) => {}
                _ => break,
            }
        }
        let end = match self.byte(last_feed + 1) {
            b'\r' => last_feed + 2,
            _ => last_feed + 1,
        };
        match first {
            _ if last_feed > feed => (TokenKind::Break, end),
            b'\n' => (TokenKind::Whitespace, end),
            _ => (TokenKind::Etc, start + 1),
        }
    }

    /// `<`: the start of a comment, a tag up to its `>`, or just a character.
    fn lex_tag(&mut self, start: usize) -> (TokenKind, usize) {
        let rest = &self.bytes[start + 1..];
        let is_closing = rest.first() == Some(&b'/');
        let name = if is_closing { &rest[1..] } else { rest };
        if !name.first().is_some_and(u8::is_ascii_lowercase) {
            return match rest.starts_with(b"!--") {
                true => (TokenKind::CommentStart, start + 4),
                false => (TokenKind::Etc, start + 1),
            };
        }
        let n_name = name
            .iter()
            .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            .count();
        let after = self.bytes.len() - name.len() + n_name;
        if self.char(after).is_some_and(is_letter_or_number) {
            return (TokenKind::Etc, start + 1);
        }
        let Some(gt) = self.next_gt(after) else {
            return (TokenKind::Etc, start + 1);
        };
        let kind = match &name[..n_name] {
            b"ref" if is_closing => TokenKind::RefClose,
            b"ref" if self.bytes[gt - 1] == b'/' => TokenKind::RefSingleton,
            b"ref" => TokenKind::RefOpen,
            _ => TokenKind::Tag,
        };
        (kind, gt + 1)
    }

    fn next_gt(&mut self, from: usize) -> Option<usize> {
        if self.no_more_gt {
            return None;
        }
        let found = memchr::memchr(b'>', &self.bytes[from..]).map(|at| from + at);
        self.no_more_gt = found.is_none();
        found
    }

    fn entity_end(&self, start: usize) -> Option<usize> {
        let name = &self.bytes[start + 1..];
        name.first().filter(|b| b.is_ascii_lowercase())?;
        let n_name = name
            .iter()
            .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            .count();
        (name.get(n_name) == Some(&b';')).then_some(start + n_name + 2)
    }

    /// The end of an address that begins with one of the known schemes.
    fn url_with_scheme(&self, start: usize) -> Option<usize> {
        let bytes = &self.bytes[start..];
        let n_scheme = bytes
            .iter()
            .take(10)
            .take_while(|b| b.is_ascii_lowercase())
            .count();
        if bytes.get(n_scheme) != Some(&b':') {
            return None;
        }
        match &bytes[..n_scheme] {
            b"bitcoin" | b"geo" | b"magnet" | b"mailto" | b"news" | b"sip" | b"sips" | b"tel"
            | b"urn" => self.address_end(start + n_scheme + 1),
            b"ftp" | b"ftps" | b"git" | b"gopher" | b"http" | b"https" | b"irc" | b"ircs"
            | b"mms" | b"nntp" | b"redis" | b"sftp" | b"ssh" | b"svn" | b"telnet"
            | b"worldwind" | b"xmpp"
                if bytes[n_scheme + 1..].starts_with(b"//") =>
            {
                self.address_end(start + n_scheme + 3)
            }
            _ => None,
        }
    }

    /// The end of an address of at least one character.
    fn address_end(&self, start: usize) -> Option<usize> {
        let mut chars = self.text[start..].char_indices();
        let (_, first) = chars.next()?;
        if matches!(first, '/' | '$' | '.' | '?' | '#') || is_space(first) {
            return None;
        }
        let end = chars.find(|&(_, c)| matches!(c, '|' | '<' | '>' | '{' | '}') || is_space(c));
        Some(end.map_or(self.bytes.len(), |(at, _)| start + at))
    }

    /// The end of a word of which something was read. An apostrophe belongs to it before another
    /// character of words, before white space, and at the end of the text.
    fn word_end(&self, start: usize) -> usize {
        let mut end = start;
        loop {
            end = self.word_chars_end(end);
            let after = match self.char(end) {
                Some(c @ ('\'' | '’')) => end + c.len_utf8(),
                _ => return end,
            };
            match self.char(after) {
                Some(c) if is_word(c) => end = after,
                Some(c) if !is_space(c) => return end,
                _ => return after,
            }
        }
    }

    fn word_chars_end(&self, mut at: usize) -> usize {
        loop {
            match self.bytes.get(at) {
                Some(b) if b.is_ascii_alphanumeric() || *b == b'_' => at += 1,
                Some(b) if !b.is_ascii() => match self.char(at) {
                    Some(c) if is_word(c) => at += c.len_utf8(),
                    _ => return at,
                },
                _ => return at,
            }
        }
    }

    fn digits_end(&self, start: usize) -> usize {
        self.end_of(start, is_digit)
    }

    fn spaces_end(&self, start: usize) -> usize {
        self.end_of(start, |c| is_space(c) && c != '\n' && c != '\r')
    }

    fn end_of(&self, start: usize, belongs: impl Fn(char) -> bool) -> usize {
        let rest = &self.text[start..];
        start + rest.find(|c| !belongs(c)).unwrap_or(rest.len())
    }

    fn run_end(&self, start: usize, byte: u8) -> usize {
        start
            + self.bytes[start..]
                .iter()
                .take_while(|&&b| b == byte)
                .count()
    }

    /// The byte there; 0 past the end, which no rule looks for.
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn char(&self, at: usize) -> Option<char> {
        match self.bytes.get(at) {
            Some(b) if b.is_ascii() => Some(*b as char),
            _ => self.text.get(at..)?.chars().next(),
        }
    }
}

/// Letters, digits and `_`.
fn is_ascii_word(byte: u8) -> bool {
    const TABLE: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 128 {
            table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
            byte += 1;
        }
        table
    };
    TABLE[usize::from(byte)]
}

/// White space but for line ends.
fn is_ascii_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | 0x1c..=0x1f)
}

/// The end of a run of such bytes.
fn ascii_run_end(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| belongs(**byte)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Checks kinds and texts, written as `kind:text` with `¬` between tokens.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let got: Vec<String> = tokenize(text)
            .map(|token| {
                format!(
                    "{}:{}",
                    token.kind.name(),
                    &text[token.start as usize..token.end as usize]
                )
            })
            .collect();
        assert_eq!(got.join("¬"), expected, "{text:?}");
    }

    #[test]
    fn words_keep_apostrophes_inside_and_before_space() {
        check("", "");
        check("don't", "word:don't");
        check("d’état’s", "word:d’état’s");
        check("boys' x", "word:boys'¬whitespace: ¬word:x");
        check("boys'", "word:boys'");
        check("'tis", "etc:'¬word:tis");
        check("it'.", "word:it¬etc:'¬period:.");
        check("it''s''", "word:it¬italic:''¬word:s¬italic:''");
        check("_a1_é", "word:_a1_é");
        check("A日本", "word:A日本");
    }

    #[test]
    fn numbers_stand_alone_at_the_start() {
        check("12ab", "number:12¬word:ab");
        check("x12", "word:x12");
        check("٣٤", "number:٣٤");
        check("1,000.5", "number:1¬comma:,¬number:000¬period:.¬number:5");
    }

    #[test]
    fn marks_of_some_scripts_belong_to_words() {
        check("हिन्दी।", "word:हिन्दी¬danda:।");
        check("বাংলা", "word:বাংলা");
        check("a\u{301}b", "word:a¬etc:\u{301}¬word:b");
    }

    #[test]
    fn ideographs_are_one_token_each() {
        check("日本、カナ", "cjk:日¬cjk:本¬japan_punct:、¬cjk:カ¬cjk:ナ");
        check("々", "japan_punct:々");
        check("日\u{3000}本", "cjk:日¬whitespace:\u{3000}¬cjk:本");
    }

    #[test]
    fn line_ends_are_breaks_from_the_second_on() {
        check("\n", "whitespace:\n");
        check("\n\n", "break:\n\n");
        check("\n \t\n  x", "break:\n \t\n¬whitespace:  ¬word:x");
        check("\r\n", "etc:\r¬whitespace:\n");
        check("\r\n\r\n", "break:\r\n\r\n");
        check("\n\r\r", "whitespace:\n\r¬etc:\r");
        check("\n  x", "whitespace:\n¬whitespace:  ¬word:x");
    }

    #[test]
    fn addresses_need_a_known_scheme_or_two_slashes() {
        check("http://a.b/c?d|", "url:http://a.b/c?d¬bar:|");
        check("//a]", "url://a]");
        check("mailto:a", "url:mailto:a");
        check("http:x", "word:http¬colon::¬word:x");
        check("HTTP://x", "word:HTTP¬colon::¬url://x");
        check(
            "https://.x",
            "word:https¬colon::¬etc:/¬etc:/¬period:.¬word:x",
        );
        check("///x", "etc:/¬url://x");
        check("http://", "word:http¬colon::¬etc:/¬etc:/");
    }

    #[test]
    fn tags_end_at_their_first_bracket() {
        check("<ref>a</ref>", "ref_open:<ref>¬word:a¬ref_close:</ref>");
        check("<ref name=a/>", "ref_singleton:<ref name=a/>");
        check("<ref a/b>", "ref_open:<ref a/b>");
        check("<references/>", "tag:<references/>");
        check("<br />", "tag:<br />");
        check("</div\n>", "tag:</div\n>");
        check("<Br>", "etc:<¬word:Br¬etc:>");
        check("<b_x>", "etc:<¬word:b_x¬etc:>");
        check("<a <b", "etc:<¬word:a¬whitespace: ¬etc:<¬word:b");
        check("<!--a-->", "comment_start:<!--¬word:a¬comment_end:-->");
    }

    #[test]
    fn markup_is_matched_longest_first() {
        check("[[a]]", "dbrack_open:[[¬word:a¬dbrack_close:]]");
        check("[a]", "brack_open:[¬word:a¬brack_close:]");
        check(
            "{{{a}}}",
            "dcurly_open:{{¬curly_open:{¬word:a¬dcurly_close:}}¬curly_close:}",
        );
        check("{|a|}", "tab_open:{|¬word:a¬bar:|¬curly_close:}");
        check("'''''x'", "bold:'''¬italic:''¬word:x'");
        check("== a", "equals:==¬whitespace: ¬word:a");
        check(
            "(?!,,;:)",
            "paren_open:(¬qmark:?¬epoint:!¬comma:,,¬scolon:;¬colon::¬paren_close:)",
        );
    }

    #[test]
    fn entities_are_lower_case() {
        check("&nbsp;", "entity:&nbsp;");
        check("&Nbsp;", "etc:&¬word:Nbsp¬scolon:;");
        check("&#160;", "etc:&¬etc:#¬number:160¬scolon:;");
        check("&amp", "etc:&¬word:amp");
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in [
            "<ref ",
            "</ref",
            "&a",
            "\n\r",
            "\r\n ",
            "//",
            "a'",
            "[[",
            "{{{",
            "http://",
            "<a <!--",
            "\n \u{a0}",
        ] {
            let text = piece.repeat(200_000);
            assert_eq!(
                tokenize(&text).last().map(|token| token.end as usize),
                Some(text.len()),
                "{piece:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn tokens_cover_the_text_without_gaps(
            text in "(?s)([a-z'’ \\n\\r<>/&;:=\\[\\]{}|.]|ref|http://|日|ा|٣|.){0,60}"
        ) {
            let mut end = 0;
            for token in tokenize(&text) {
                prop_assert_eq!(token.start, end);
                prop_assert!(token.end > token.start);
                prop_assert!(text.is_char_boundary(token.end as usize));
                end = token.end;
            }
            prop_assert_eq!(end as usize, text.len());
        }
    }
}
