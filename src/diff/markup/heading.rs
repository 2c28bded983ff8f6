//! Headings and comments.

use super::scope::*;
use super::{Frame, Parser, is_before};

impl Parser<'_> {
    /// A heading runs to the last `=` of its line that stands in no other element.
    pub(super) fn parse_heading(&mut self) {
        self.pos += self.run_length(b'=');
        self.in_heading = true;
        let result = self.attempt(HEADING, |parser| {
            let mut frame = Frame::new(HEADING);
            let result = parser.run(&mut frame);
            match frame.heading_end {
                Some(end) => {
                    (parser.pos, parser.counts) = end;
                    Ok(())
                }
                None => result,
            }
        });
        self.in_heading = false;
        self.counts.headings += u32::from(result.is_ok());
    }

    pub(super) fn note_heading_end(&mut self, frame: &mut Frame) {
        self.pos += self.run_length(b'=');
        frame.heading_end = Some((self.pos, self.counts));
    }

    pub(super) fn parse_comment(&mut self, frame: &mut Frame) {
        if !self.bytes[self.pos..].starts_with(b"<!--") {
            self.pos += 1;
            return;
        }
        self.pos += 4;
        if !is_before(self.pos, self.last.comment_end) {
            return;
        }
        if let Some(n) = memchr::memmem::find(&self.bytes[self.pos..], b"-->") {
            self.pos += n + 3;
            self.budget = self.budget.saturating_sub(n);
            frame.scope &= !FAIL_NEXT;
        }
    }
}
