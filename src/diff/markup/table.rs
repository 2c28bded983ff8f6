//! Tables in wikitext: each table, row and cell is a tag.

use super::scope::*;
use super::tag::AttributesEnd;
use super::{Failed, Frame, Parser, is_before};

impl Parser<'_> {
    /// `{|` at the start of a line.
    pub(super) fn parse_table(&mut self) {
        let (start, counts) = (self.pos, self.counts);
        self.pos += 2;
        let is_table = is_before(self.pos, self.last.table_end)
            && self
                .attempt(TABLE, |parser| parser.read_attributes(AttributesEnd::Line))
                .is_ok()
            && self.end_by(1).is_ok()
            && self.parse(TABLE).is_ok();
        if is_table {
            self.counts.tags += 1;
        } else {
            (self.pos, self.counts) = (start + 1, counts);
        }
    }

    /// `|`, `!` or a line end inside a table; whether it ends the part that is open. It is then
    /// still to be read, except for the end of the table.
    pub(super) fn parse_table_mark(
        &mut self,
        frame: &mut Frame,
        this: u8,
        is_double: bool,
    ) -> Result<bool, Failed> {
        let next_cell = match this {
            b'|' if is_double && frame.is(DATA_LINE) => Some((2, DATA_LINE)),
            b'|' if is_double && frame.is(HEADER_LINE) => Some((2, HEADER_LINE)),
            b'!' if is_double && frame.is(HEADER_LINE) => Some((2, HEADER_LINE)),
            b'|' if frame.is(CELL_STYLE) => return Ok(true),
            b'\n' => {
                frame.scope &= !CELL_LINE;
                None
            }
            _ if !self.starts_line_but_for_space() => None,
            b'|' if matches!(self.at(1), Some(b'}' | b'-')) => {
                if frame.is(CELL | ROW) {
                    frame.scope &= !CELL_STYLE;
                    return Ok(true);
                }
                if self.at(1) == Some(b'}') {
                    self.pos += 2;
                    return Ok(true);
                }
                self.parse_row()?;
                return Ok(false);
            }
            b'|' => Some((1, DATA_LINE)),
            _ => Some((1, HEADER_LINE)),
        };
        match next_cell {
            None => self.pos += 1,
            Some(_) if frame.is(CELL) => {
                frame.scope &= !CELL_STYLE;
                return Ok(true);
            }
            Some((n_mark, line)) => self.parse_cell(frame, n_mark, line)?,
        }
        Ok(false)
    }

    fn parse_row(&mut self) -> Result<(), Failed> {
        self.pos += 2;
        if !self.can_recurse() {
            return Ok(());
        }
        self.attempt(TABLE | ROW, |parser| {
            parser.read_attributes(AttributesEnd::Line)
        })?;
        self.pos += 1;
        self.parse(TABLE | ROW)?;
        self.counts.tags += 1;
        Ok(())
    }

    /// A cell is first read as having no attributes; when a single `|` turns up, what stands
    /// before that is read again as attributes.
    fn parse_cell(&mut self, frame: &mut Frame, n_mark: usize, line: u32) -> Result<(), Failed> {
        self.pos += n_mark;
        if !self.can_recurse() {
            return Ok(());
        }
        let (start, counts) = (self.pos, self.counts);
        let mut scope = self.parse(TABLE | CELL | line | CELL_STYLE)?;
        if scope & CELL_STYLE != 0 {
            (self.pos, self.counts) = (start, counts);
            self.attempt(TABLE | CELL | line, |parser| {
                parser.read_attributes(AttributesEnd::Bar)
            })?;
            self.pos += 1;
            scope = self.parse(TABLE | CELL | line)?;
        }
        self.counts.tags += 1;
        frame.scope |= scope & (DATA_LINE | HEADER_LINE);
        Ok(())
    }
}
