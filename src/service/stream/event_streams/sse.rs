//! Server-sent events, as they come in pieces: bytes -> messages.
//!
//! The format of the HTML standard (section "Server-sent events"): lines that end in CR, LF or both, fields
//! that add up to a message, a blank line that ends it. Of a message that has more bytes than one may have
//! nothing is kept but its id, so that memory is bounded and the stream goes on behind it. What a message
//! means, and where the bytes come from, is not known here.

use std::time::Duration;

use axum::body::Bytes;

/// The most that a message's data, or any line, may have. Above what an event may have, so that what is too
/// large is put by as an event and not passed over here; below what would be felt.
pub(super) const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// A byte order mark, which a stream may begin with.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a stream says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Said {
    /// A message.
    Message(Message),
    /// One that had too many bytes.
    TooLarge,
    /// How long to wait before the stream is asked for again.
    Retry(Duration),
}

/// A message of any kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Message {
    /// `message` where nothing else is said.
    pub(super) kind: String,
    pub(super) data: Vec<u8>,
}

/// What was read and is not a message yet.
#[derive(Default)]
pub(super) struct Reader {
    line: Vec<u8>,
    /// Whether the line has more bytes than were kept.
    is_line_cut: bool,
    /// Whether the last byte was a CR, whose LF belongs to it.
    is_after_cr: bool,
    /// Whether a line was read, before which a mark may stand.
    has_begun: bool,
    data: Vec<u8>,
    has_data: bool,
    kind: String,
    is_too_large: bool,
    /// The id of messages to come.
    id: String,
    /// The id of the last message.
    last_id: String,
}

impl Reader {
    /// A reader that takes up a stream behind the message of this id.
    pub(super) fn behind(last_id: String) -> Self {
        Self {
            id: last_id.clone(),
            last_id,
            ..Self::default()
        }
    }

    /// The id of the last message, be it one that was not given; empty when there was none.
    pub(super) fn last_id(&self) -> &str {
        &self.last_id
    }

    /// Takes bytes off the chunk until something is said; `None` when all are taken.
    pub(super) fn read(&mut self, chunk: &mut Bytes) -> Option<Said> {
        while !chunk.is_empty() {
            if std::mem::take(&mut self.is_after_cr) && chunk[0] == b'\n' {
                let _ = chunk.split_to(1);
                continue;
            }
            let end = chunk.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let part = chunk.split_to(end.unwrap_or(chunk.len()));
            let room = MAX_MESSAGE_BYTES - self.line.len();
            self.is_line_cut |= part.len() > room;
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            end?;
            self.is_after_cr = chunk.split_to(1)[..] == *b"\r";
            let mut line = std::mem::take(&mut self.line);
            let said = self.take_line(&line);
            // Its memory serves the next line, but for that of a long one.
            line.clear();
            line.shrink_to(64 << 10);
            self.line = line;
            if said.is_some() {
                return said;
            }
        }
        None
    }

    fn take_line(&mut self, line: &[u8]) -> Option<Said> {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let line = match line.strip_prefix(BOM) {
            Some(line) if is_first => line,
            _ => line,
        };
        if std::mem::take(&mut self.is_line_cut) {
            // An id that is cut would lead nowhere; a long comment matters to nobody.
            self.is_too_large |= !line.starts_with(b":");
            return None;
        }
        if line.is_empty() {
            return self.end_message();
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (field, value) = match colon {
            None => (line, &b""[..]),
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
        };
        match field {
            b"data" => self.add_data(value),
            b"event" => self.kind = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(value).into_owned(),
            b"retry" => {
                let is_number = value.iter().all(u8::is_ascii_digit);
                let text = std::str::from_utf8(value).ok().filter(|_| is_number)?;
                return text
                    .parse()
                    .ok()
                    .map(|ms| Said::Retry(Duration::from_millis(ms)));
            }
            // Comments have an empty name.
            _ => {}
        }
        None
    }

    fn add_data(&mut self, value: &[u8]) {
        self.is_too_large |= self.data.len() + value.len() >= MAX_MESSAGE_BYTES;
        if self.is_too_large {
            self.data = Vec::new();
            return;
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
    }

    fn end_message(&mut self) -> Option<Said> {
        self.last_id.clone_from(&self.id);
        let kind = std::mem::take(&mut self.kind);
        let data = std::mem::take(&mut self.data);
        let has_data = std::mem::take(&mut self.has_data);
        if std::mem::take(&mut self.is_too_large) {
            return Some(Said::TooLarge);
        }
        let kind = match kind.is_empty() {
            true => "message".to_owned(),
            false => kind,
        };
        has_data.then_some(Said::Message(Message { kind, data }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(chunks: &[&[u8]]) -> (Vec<Said>, String) {
        let mut reader = Reader::default();
        let mut said = Vec::new();
        for chunk in chunks {
            let mut chunk = Bytes::copy_from_slice(chunk);
            while let Some(one) = reader.read(&mut chunk) {
                said.push(one);
            }
            assert!(chunk.is_empty());
        }
        (said, reader.last_id().to_owned())
    }

    fn of_kind(kind: &str, data: &str) -> Said {
        Said::Message(Message {
            kind: kind.to_owned(),
            data: data.into(),
        })
    }

    fn message(data: &str) -> Said {
        of_kind("message", data)
    }

    /// The same however the bytes are cut.
    #[track_caller]
    fn check(stream: &str, expected: &[Said], last_id: &str) {
        let bytes = stream.as_bytes();
        let expected = (expected.to_vec(), last_id.to_owned());
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(read_all(&single), expected, "{stream:?} by bytes");
        for cut in 0..=bytes.len() {
            let (start, end) = bytes.split_at(cut);
            assert_eq!(read_all(&[start, end]), expected, "{stream:?} cut at {cut}");
        }
    }

    #[test]
    fn messages_are_told_apart() {
        check("", &[], "");
        check("data: a\n\n", &[message("a")], "");
        check("data: a\r\n\r\n", &[message("a")], "");
        check("data: a\r\r", &[message("a")], "");
        check(
            "data: a\r\ndata: b\rdata: c\n\r\n",
            &[message("a\nb\nc")],
            "",
        );
        check(
            "data: a\n\r\ndata: b\n\n",
            &[message("a"), message("b")],
            "",
        );
        // No more than one space is taken off.
        check("data:a\n\ndata:  b\n\n", &[message("a"), message(" b")], "");
        check("data\n\n", &[message("")], "");
        check("data\ndata\n\n", &[message("\n")], "");
        check("data:\n\n", &[message("")], "");
        check("data: a:b\n\n", &[message("a:b")], "");
        check("\u{feff}data: a\n\n", &[message("a")], "");
        check("\u{feff}\u{feff}data: a\n\n", &[], "");
        check("data: a\n\n\u{feff}data: b\n\n", &[message("a")], "");
        // What no blank line ends is not said.
        check("data: a\n", &[], "");
        check("data: a", &[], "");
        check(": a comment\n\n:\n:data: x\n\n", &[], "");
        check("Data: a\n\n data: b\n\n", &[], "");
        check(
            "event: error\ndata: a\n\ndata: b\n\n",
            &[of_kind("error", "a"), message("b")],
            "",
        );
        check("event:\ndata: é\n\n", &[message("é")], "");
        check("event: error\n\ndata: b\n\n", &[message("b")], "");
    }

    #[test]
    fn ids_are_those_of_messages_that_ended() {
        let id = r#"[{"topic":"eqiad.mediawiki.page_change.v1","partition":0,"offset":-1,"timestamp":1700000000000}]"#;
        check(&format!("id: {id}\ndata: a\n\n"), &[message("a")], id);
        check(&format!("data: a\nid: {id}\n\n"), &[message("a")], id);
        check(
            "id: 1\ndata: a\n\ndata: b\n\n",
            &[message("a"), message("b")],
            "1",
        );
        check("id: 1\ndata: a\n\nid: 2\ndata: b\n", &[message("a")], "1");
        check("id: 1\n\n", &[], "1");
        check("id: 1\n\nid\n\n", &[], "");
        check("id: 1\n\nid: 2\0\n\n", &[], "1");
        let mut reader = Reader::behind("7".to_owned());
        assert_eq!(reader.last_id(), "7");
        assert_eq!(
            reader.read(&mut Bytes::from_static(b"data: a\n\n")),
            Some(message("a"))
        );
        assert_eq!(reader.last_id(), "7");
    }

    #[test]
    fn pauses_are_whole_milliseconds() {
        let retry = |ms| Said::Retry(Duration::from_millis(ms));
        check("retry: 1500\n\n", &[retry(1_500)], "");
        check(
            "data: a\nretry:0\ndata: b\n\n",
            &[retry(0), message("a\nb")],
            "",
        );
        check("retry: 1.5\n\nretry: -1\n\nretry:\n\nretry: x\n\n", &[], "");
        check("retry: 99999999999999999999999\n\n", &[], "");
    }

    #[test]
    fn what_is_too_large_is_passed_over_with_its_id() {
        let most = MAX_MESSAGE_BYTES;
        let line = |n_bytes: usize| format!("data:{}\n", "x".repeat(n_bytes - "data:".len()));
        let data = |n_bytes: usize| "x".repeat(n_bytes);
        for (stream, expected) in [
            (line(most), vec![message(&data(most - 5))]),
            (line(most + 1), vec![Said::TooLarge]),
            (line(20 * most), vec![Said::TooLarge]),
            // Many lines that are not long.
            (line(1_000).repeat(2 * most / 1_000), vec![Said::TooLarge]),
            (line(most / 2).repeat(3), vec![Said::TooLarge]),
            (format!(":{}\n", data(2 * most)), vec![]),
            (format!("id: {}\n", data(2 * most)), vec![Said::TooLarge]),
            (data(2 * most) + "\n", vec![Said::TooLarge]),
        ] {
            let stream = format!("{stream}id: 5\n\ndata: b\n\n");
            let mut reader = Reader::default();
            let mut said = Vec::new();
            for chunk in stream.as_bytes().chunks(8_000) {
                let mut chunk = Bytes::copy_from_slice(chunk);
                while let Some(one) = reader.read(&mut chunk) {
                    said.push(one);
                }
                let kept = reader.line.capacity() + reader.data.capacity();
                assert!(kept <= 5 * most, "{kept}");
            }
            assert_eq!(said, [expected, vec![message("b")]].concat());
            assert_eq!(reader.last_id(), "5");
        }
    }
}
