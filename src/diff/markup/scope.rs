//! What an element is and what has been seen in it, as bits of one number.
//!
//! One number because a failed try is remembered by it, and because several rules ask for any of
//! a group of these.

pub(super) const ROOT: u32 = 0;

pub(super) const TEMPLATE_NAME: u32 = 1;
pub(super) const PARAMETER_KEY: u32 = 1 << 1;
pub(super) const PARAMETER_VALUE: u32 = 1 << 2;
pub(super) const TEMPLATE: u32 = TEMPLATE_NAME | PARAMETER_KEY | PARAMETER_VALUE;

/// `{{{name|default}}}`.
pub(super) const ARGUMENT_NAME: u32 = 1 << 3;
pub(super) const ARGUMENT_DEFAULT: u32 = 1 << 4;
pub(super) const ARGUMENT: u32 = ARGUMENT_NAME | ARGUMENT_DEFAULT;

/// `[[title|text]]`.
pub(super) const LINK_TITLE: u32 = 1 << 5;
pub(super) const LINK_TEXT: u32 = 1 << 6;
pub(super) const LINK: u32 = LINK_TITLE | LINK_TEXT;

/// `[address title]`, or a bare address.
pub(super) const ADDRESS: u32 = 1 << 7;
pub(super) const ADDRESS_TITLE: u32 = 1 << 8;

pub(super) const HEADING: u32 = 1 << 9;

pub(super) const TAG_OPEN: u32 = 1 << 10;
pub(super) const TAG_BODY: u32 = 1 << 11;
pub(super) const QUOTED_VALUE: u32 = 1 << 12;

pub(super) const ITALICS: u32 = 1 << 13;
pub(super) const BOLD: u32 = 1 << 14;
/// See [`super::Failed::pass_again`].
pub(super) const PASS_AGAIN: u32 = 1 << 15;
pub(super) const SECOND_PASS: u32 = 1 << 16;

/// Behind a `;` at the start of a line, where `:` begins the description.
pub(super) const TERM: u32 = 1 << 17;

pub(super) const TABLE: u32 = 1 << 18;
pub(super) const ROW: u32 = 1 << 19;
pub(super) const CELL: u32 = 1 << 20;
/// A cell whose `|` would end its attributes.
pub(super) const CELL_STYLE: u32 = 1 << 21;
/// On a line that began with `|`, where `||` begins another cell.
pub(super) const DATA_LINE: u32 = 1 << 22;
/// On a line that began with `!`, where `!!` begins another cell.
pub(super) const HEADER_LINE: u32 = 1 << 23;
pub(super) const CELL_LINE: u32 = CELL_STYLE | DATA_LINE | HEADER_LINE;

pub(super) const HAS_TEXT: u32 = 1 << 24;
pub(super) const HAS_TEMPLATE: u32 = 1 << 25;
/// A template's name went on to another line, where nothing but space may follow.
pub(super) const FAIL_ON_TEXT: u32 = 1 << 26;
/// The next character fails the element, unless this one begins an element of its own.
pub(super) const FAIL_NEXT: u32 = 1 << 27;
pub(super) const FAIL_ON_EQUALS: u32 = 1 << 28;
pub(super) const AFTER_BRACE: u32 = 1 << 29;
pub(super) const AFTER_END_BRACE: u32 = 1 << 30;

/// Elements that may not hold every character.
pub(super) const UNSAFE: u32 =
    TEMPLATE_NAME | LINK_TITLE | ADDRESS_TITLE | PARAMETER_KEY | ARGUMENT_NAME;
pub(super) const NO_LINKS: u32 = TEMPLATE_NAME | ARGUMENT_NAME | LINK_TITLE | ADDRESS;
pub(super) const NO_ADDRESSES: u32 =
    TEMPLATE_NAME | ARGUMENT_NAME | LINK_TITLE | ADDRESS | ADDRESS_TITLE;
/// Elements that are none when the text ends first.
pub(super) const MUST_CLOSE: u32 = TEMPLATE
    | ARGUMENT
    | LINK
    | ADDRESS_TITLE
    | HEADING
    | TAG_BODY
    | ITALICS
    | BOLD
    | TABLE
    | ROW
    | CELL;
